-- Uses the language server in Neovim, and prints what the editor has, as lines of JSON.

local function say(what, value) io.stdout:write("\n" .. vim.json.encode({ what, value }) .. "\n") end
local function wait(what, ready) if not vim.wait(30000, ready, 20) then error(what .. " did not arrive") end end
local function line(number) return vim.api.nvim_buf_get_lines(0, number - 1, number, false)[1] end
local function ask(method, more)
  local params = vim.tbl_extend("force", vim.lsp.util.make_position_params(0, "utf-16"), more or {})
  local _, answer = next(vim.lsp.buf_request_sync(0, method, params, 30000))
  return answer.result
end

vim.cmd.edit(vim.env.FLOW)
wait("the client", function() return #vim.lsp.get_clients({ bufnr = 0 }) == 1 end)
wait("the mark", function() return #vim.diagnostic.get(0) > 0 end)
local found = vim.diagnostic.get(0)[1]
say("mark", { found.lnum, found.col, found.end_col, found.code })

vim.api.nvim_win_set_cursor(0, { 8, 12 })
vim.lsp.buf.code_action({ apply = true, filter = function(action) return action.kind == "quickfix" end })
wait("the fix", function() return line(8) == "    Next: Serve" end)
wait("the end of the mark", function() return #vim.diagnostic.get(0) == 0 end)
say("fixed", line(8))

vim.lsp.buf.definition()
wait("the definition", function() return vim.api.nvim_win_get_cursor(0)[1] == 10 end)
say("definition", vim.api.nvim_win_get_cursor(0))

vim.lsp.buf.rename("Pour")
wait("the new name", function() return line(8) == "    Next: Pour" end)
say("renamed", { line(8), line(10) })

vim.api.nvim_buf_set_lines(0, 7, 8, false, { "    Next: " })
local labels = {}
for _, item in ipairs(ask("textDocument/completion", { position = { line = 7, character = 10 } }).items) do
  table.insert(labels, item.label)
end
say("completion", labels)
vim.cmd("qa!")
