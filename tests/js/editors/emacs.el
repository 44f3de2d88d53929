;; Uses the language server in Emacs with Eglot, and prints what the editor has, as lines of JSON.

(require 'json)
(defun say (what value) (princ (concat "\n" (json-encode (list what value)) "\n")))
(defun wait (what ready)
  (let ((end (+ (float-time) 30)))
    (while (not (funcall ready))
      (when (> (float-time) end) (error "%s did not arrive" what))
      (accept-process-output nil 0.05))))
(defun text-of (mark) (buffer-substring-no-properties (flymake-diagnostic-beg mark) (flymake-diagnostic-end mark)))

(find-file (getenv "FLOW"))
;; A hook of Eglot waits for a command of the user, which a batch does not have.
(run-hooks 'post-command-hook)
(wait "the client" #'eglot-managed-p)
(wait "the mark" (lambda () (flymake-start) (flymake-diagnostics)))
(say "mark" (mapcar #'text-of (flymake-diagnostics)))

(goto-char (point-min))
(search-forward "StartAt: Bo")
(xref-find-definitions (xref-backend-identifier-at-point 'eglot))
(say "definition" (line-number-at-pos))

(goto-char (point-min))
(search-forward "Name: Ser")
(eglot-rename "Pour")
(say "renamed" (buffer-substring-no-properties (line-beginning-position) (line-end-position)))

(goto-char (point-min))
(search-forward "Next: ")
(let ((found (run-hook-with-args-until-success 'completion-at-point-functions)))
  (say "completion" (vconcat (mapcar #'substring-no-properties (all-completions "" (nth 2 found))))))
(set-buffer-modified-p nil)
(kill-emacs 0)
