// Messages of the emulator, the simulation and the migration: `crates/local`, `pkg/local`.
// The English template is the key. A hole is `{}`, or `{0}` if the order differs.

/** @type {import("./translate.js").Table} */
export const LOCAL = {
  "the events of all executions take more than {} bytes": "所有执行的事件超过 {} 字节",
  "a simulation has at most {} executions": "一次模拟运行最多有 {} 个执行",
  "expected a number, not {}": "应为数字，不能是 {}",
  "this emulator is already in use": "此模拟器已在使用中",
  "the saved state is damaged: its end is missing, or its checksum is wrong":
    "保存的状态已损坏：缺少结尾，或校验和错误",
  "the text is not a saved state of an emulator": "此文本不是模拟器保存的状态",
  "the saved state has format {}, but this version reads format {}": "保存的状态的格式为 {}，而此版本读取的格式为 {}",
  "the changes from line {} on ({} bytes) are left out: they were not completely written":
    "从第 {} 行起的更改（{} 字节）已忽略：它们没有完整写入",
  "line {} of the saved state cannot be read": "保存的状态的第 {} 行无法读取",
  "the flow `{}` is left out: {}": "已忽略流程 `{}`：{}",
  "the execution `{}` of `{}` is left out": "已忽略 `{1}` 的执行 `{0}`",
  "{}: {}": "{}：{}",
  "its line cannot be read": "它的行无法读取",
  "its record cannot be read": "它的记录无法读取",
  "its flow is left out": "它的流程已被忽略",
  "the replay diverged: the state was written by a different version": "重放出现分歧：状态由另一个版本写入",
  "the definition is already a `StateMachine`: nothing is changed": "定义已经是 `StateMachine`：没有更改",
  "template lines are kept before the lines that followed them: check that they still enclose the same lines":
    "模板的行保留在其后各行之前：请检查它们是否仍包围相同的行",
  "a StateMachine needs a name: replace `flow` with the name of the flow":
    "StateMachine 需要名称：请将 `flow` 替换为流程的名称",
  "a Parallel has at most {} branches: the branches are grouped into nested Parallels":
    "Parallel 最多有 {} 个分支：分支已分组到嵌套的 Parallel 中",
  "a Map runs at most 40 iterations concurrently, a foreach 100": "Map 最多并发运行 40 次迭代，foreach 最多 100 次",
  "the iterations of the outer foreach share `$Global`, which passes data to this foreach: they overwrite each other's data":
    "外层 foreach 的各次迭代共用 `$Global`，它把数据传给此 foreach：它们会互相覆盖数据",
  "the step `{}` is renamed to `{}`: its new list already contains the name":
    "步骤 `{}` 已重命名为 `{}`：新的列表中已有该名称",
  "the mappings repeat so much data that they cannot be written: the data are lost here":
    "映射重复的数据过多，无法写出：此处的数据会丢失",
  "the output of the execution was all of `$local`, whose keys are not all known: the new output has this object under the key `local`":
    "执行的输出原为整个 `$local`，而其中的键并不都已知：新的输出把该对象放在键 `local` 下",
  "a Map has no index: `{}` is removed, and a reference to it gives null":
    "Map 没有下标：`{}` 已删除，对它的引用得到 null",
  "a reference to an absent value gives null in the old dialect; this is not documented for the new one, where the simulation fails: check that the values of all references exist":
    "在旧方言中，引用不存在的值得到 null；新方言的文档没有说明，模拟运行会在此处失败：请检查所有引用的值都存在",
  "a result that is not an object fails with `FnF.InvalidLocal` in the old dialect; the new one passes it on, or fails with another error: check that the results are objects":
    "在旧方言中，不是对象的结果会以 `FnF.InvalidLocal` 失败；新方言会传递该结果，或以其他错误失败：请检查结果都是对象",
  "the context of the new dialect does not contain the name of the flow: the name is written as a constant":
    "新方言的上下文中没有流程的名称：名称写成了常量",
  "the context of the new dialect does not contain `{}`: the value is null": "新方言的上下文中没有 `{}`：其值为 null",
  "no step has put data into `$local` here: the value is null": "此处没有步骤把数据写入 `$local`：其值为 null",
  "an error has only `.error` and `.cause`: `{}` is null": "错误只有 `.error` 和 `.cause`：`{}` 为 null",
  "`[*]` is documented only for the old dialect: test it before you rely on it":
    "文档只说明旧方言可以使用 `[*]`：使用前请先测试",
  "a second `[*]` makes one list of all branches in the old dialect: the new output has a list for each branch":
    "在旧方言中，第二个 `[*]` 把所有分支合成一个列表：新的输出中每个分支各有一个列表",
  "`[*]` skips branches without the value in the old dialect: in the new one every branch must have it":
    "在旧方言中，`[*]` 跳过没有该值的分支：在新方言中，每个分支都必须有该值",
  "an expression cannot contain a tag: the value is kept without the tag": "表达式不能含有标签：保留了值，去掉了标签",
  "the type of the step is filled in by a template: a Pass is written": "步骤的类型由模板填充：写成了 Pass",
  "these mappings are removed: they have no effect": "已删除这些映射：它们不起作用",
  "the minimum of a Wait is 1 second: a Pass is written": "Wait 至少为 1 秒：写成了 Pass",
  "the maximum of a Wait is {} seconds: {} states are written for {} seconds; a task with a callback may be better":
    "Wait 最多为 {} 秒：为 {2} 秒写成了 {1} 个状态；使用带回调的任务可能更好",
  "a Wait takes 1 to {} seconds: check that the value is in this range":
    "Wait 的取值为 1 到 {} 秒：请检查该值在此范围内",
  "a Wait has no timestamp: 1 second is written instead of `{}`; compute the seconds in a task":
    "Wait 没有时间点：写成了 1 秒，而不是 `{}`；请在任务中计算秒数",
  "the template must be filled in before the expression can be read: it is kept unchanged":
    "必须先填充模板才能读取表达式：保持不变",
  "a Fail needs a `Detail`, but the step has no `cause`: its `error` or name is written":
    "Fail 需要 `Detail`，但此步骤没有 `cause`：写入了它的 `error` 或名称",
  "retry rule {}": "重试规则 {}",
  "the mode is filled in by a template: the new dialect has other words for it": "模式由模板填充：新方言使用其他的词",
  "the maximum timeout of a Task is {} seconds: it is written instead of {}":
    "Task 的最长超时时间为 {} 秒：用它代替了 {}",
  "the response of the message service is not documented for the new dialect: check that it has the same keys":
    "文档没有说明消息服务的响应在新方言中的形式：请检查它有相同的键",
  "the names of this service and its parameters are not documented for the new dialect: test them":
    "文档没有说明此服务及其参数在新方言中的名称：请先测试",
  "the resource is filled in by a template: a call of a function is written": "资源由模板填充：写成了函数调用",
  "the new dialect documents functions with a version or alias, `services/{}.LATEST/functions/…`: check that the service finds this name":
    "新方言的文档使用带版本或别名的函数名 `services/{}.LATEST/functions/…`：请检查服务能找到此名称",
  "the new dialect has no known equivalent for the parameter `{}`: it is kept":
    "新方言中没有与参数 `{}` 对应的参数：保持不变",
  "the old dialect gives the execution a random name: check the new dialect, or set `executionName`":
    "旧方言为执行生成随机名称：请检查新方言，或设置 `executionName`",
  "catch rule {}": "捕获规则 {}",
  "the old dialect counts the retries of each rule, the new one the retries of the state: with several rules, the number of retries and the pauses can differ":
    "旧方言分别计算每条规则的重试次数，新方言计算状态的重试次数：有多条规则时，重试次数和停顿可能不同",
  "the tag of a list or mapping is removed: it cannot be migrated": "列表或映射的标签已删除：它无法迁移",
  "the text holds no flow": "文本中没有流程",
  "the lines of a template, such as `{% for … %}`, are not filled in": "没有填充模板的行，例如 `{% for … %}`",
  "the definition holds more than {} values or {} bytes of texts, counted where aliases repeat them":
    "定义中的值超过 {} 个，或文本超过 {} 字节（重复的别名计算在内）",
  "line {}, column {}: {}": "第 {} 行第 {} 列：{}",
  "there is no state `{}` to go to": "没有可转移到的状态 `{}`",
  "the state has neither `Next` nor `End: true`": "此状态既没有 `Next` 也没有 `End: true`",
  "there is no type `{}`": "没有类型 `{}`",
  "the state has no type": "此状态没有类型",
  "a `Map` in the distributed mode is not interpreted here: an inline one, without `ProcessorConfig`, is":
    "此处不解释分布式模式的 `Map`：请使用不带 `ProcessorConfig` 的内联 `Map`",
  "the state has no list or no body to repeat": "此状态没有要循环的列表或循环体",
  "the task has neither `resourceArn` nor `Action`": "此任务既没有 `resourceArn` 也没有 `Action`",
  "the value of `{}` must be an expression": "`{}` 的值必须是表达式",
  "the placeholder `{}` is not filled in": "占位符 `{}` 没有填充",
  "must be an object: the local data of the option's steps": "必须是对象：选项中各步骤的本地数据",
  "must be a list of {} values: the results of the {}": "必须是 {} 个值的列表：{}的结果",
  "the definition is named `{}`, but the flow `{}`: they must be the same":
    "定义的名称是 `{}`，而流程是 `{}`：二者必须相同",
  "the flow `{}`: {}": "流程 `{}`：{}",
  "the input must be an object": "输入必须是对象",
  "the options are not valid: {}": "选项无效：{}",
  "the options must be an object": "选项必须是对象",
  "there is no state at the path {}": "路径 {} 处没有状态",
  "the flow has no state `{}`": "流程中没有状态 `{}`",
  "{}; did you mean `{}`?": "{}；是否应为 `{}`？",
  " and others": "等",
  "the flow has {} states `{}`; pass the id of one of them: `{}`{}":
    "流程中有 {} 个状态 `{}`；请传入其中一个的 ID：`{}` {}",
  "`{}` is not a field of `{}`; expected one of: {}": "`{}` 不是 `{}` 的字段；可用的有：{}",
  "state of unknown type": "类型未知的状态",
  "`{}` is a {}": "`{}` 是{}",
  "`input` must be an object in the `flow` dialect: `$input`": "在 `flow` 方言中，`input` 必须是对象：`$input`",
  "`{}` is an option for flows of the `{}` dialect": "`{}` 是 `{}` 方言的流程的选项",
  "`attempt` must be at most {}, the maximum number of retries": "`attempt` 最大为 {}，即最多重试次数",
  "`retries` must have one number for each retry rule of the state: {}":
    "`retries` 必须为状态的每条重试规则给出一个数：共 {} 个",
  "`iteration` is an option for states that iterate: {}": "`iteration` 是迭代状态的选项：{}",
  "`{}` of `context` must be an object": "`context` 的 `{}` 必须是对象",
  "`mock` is for states with a result of other work: {}": "`mock` 用于结果来自其他工作的状态：{}",
  "`never` and `delayMs` of `mock` are for tasks: {}": "`mock` 的 `never` 和 `delayMs` 用于任务：{}",
  "`output` of `mock` {}": "`mock` 的 `output` {}",
  "`iteration` must be less than the number of items: {}": "`iteration` 必须小于元素的数量：{}",
  "`mock` must be absent or have the output `[]`: there are no items": "`mock` 必须省略，或以 `[]` 为输出：没有元素",
  "an option of the emulator": "模拟器的选项",
  "the result of the task is no longer needed": "不再需要任务的结果",
  "the emulator is closed": "模拟器已关闭",
  "the saved state must be a string": "保存的状态必须是字符串",
  "the saved state is longer than the maximum of {} characters": "保存的状态超过 {} 个字符的上限",
  "an option of `save`": "`save` 的选项",
  "an option of `putFlow`": "`putFlow` 的选项",
  "the definition is longer than the maximum of {} bytes": "定义超过 {} 字节的上限",
  "the name of the flow is longer than the maximum of 128 characters": "流程的名称超过 128 个字符的上限",
  "the connection was closed without a response": "连接在没有响应的情况下关闭",
  "{} must be an object": "{}必须是对象",
  "a field of `faults`": "`faults` 的字段",
  "`fail` must be a list of at most {} rules": "`fail` 必须是最多 {} 条规则的列表",
  "a field of `fail`": "`fail` 的字段",
  "an entry of `fail`": "`fail` 的条目",
  "`{}` must be a string, a number or a boolean": "`{}` 必须是字符串、数字或布尔值",
  "`{}` must be an object; its keys are AccessKey IDs": "`{}` 必须是对象；其键是 AccessKey ID",
  "`{}` must be a string": "`{}` 必须是字符串",
  "`{}` must be a boolean": "`{}` 必须是布尔值",
  "`{}` must be a whole number from 1 to {}": "`{}` 必须是 1 到 {} 之间的整数",
  "`{}` must be a function": "`{}` 必须是函数",
  "a value of type {}": "{} 类型的值",
  "`mode` must be `Standard` or `Express`, not {}": "`mode` 必须是 `Standard` 或 `Express`，不能是 {}",
  "`clock` must be an object with the methods `now`, `setTimeout` and `clearTimeout`":
    "`clock` 必须是对象，且有方法 `now`、`setTimeout` 和 `clearTimeout`",
  "`{}` must be a JSON value": "`{}` 必须是 JSON 值",
  "an option of `signRequest`": "`signRequest` 的选项",
  "`endpoint` must be a URL such as `http://localhost:8791`": "`endpoint` 必须是 URL，例如 `http://localhost:8791`",
  "the parameters must be an object": "参数必须是对象",
  "the parameter `{}` must be a string, a number or a boolean": "参数 `{}` 必须是字符串、数字或布尔值",
  "an option of the simulation": "模拟运行的选项",
  "the text": "文本",
  "the flow `{}`": "流程 `{}`",
  "{} is longer than the maximum of {} bytes": "{}超过 {} 字节的上限",
  "the input is longer than the maximum of {} bytes": "输入超过 {} 字节的上限",
  "the simulation is over": "模拟运行已结束",
  "`input` must be an object": "`input` 必须是对象",
  "`flows` must be an object with definitions by name": "`flows` 必须是对象，其中包含按名称列出的定义",
  "an option of `simulateState`": "`simulateState` 的选项",
  "`state` must be the name of a state, its id in `flowGraph`, or its path in the definition":
    "`state` 必须是状态的名称、它在 `flowGraph` 中的 ID，或它在定义中的路径",
  "`{}` must be an object": "`{}` 必须是对象",
  "`{}` must be a whole number of 0 or more": "`{}` 必须是 0 或更大的整数",
  "`retries` must be a list of whole numbers of 0 or more": "`retries` 必须是由 0 或更大的整数组成的列表",
  "the options are longer than the maximum of {} bytes": "选项超过 {} 字节的上限",
  "a field of `mock`": "`mock` 的字段",
  "`mock` {}": "`mock` {}",
  "`global` of `mock` must be an object": "`mock` 的 `global` 必须是对象",
  "`tasks` must be an object; its keys are names or patterns of tasks": "`tasks` 必须是对象；其键是任务的名称或模式",
  "call of the state": "状态的调用",
  "a field of the mock of `{}` beside `attempts`": "`{}` 的 mock 中除 `attempts` 外的字段",
  "`tasks`: `attempts` of `{}` must be a list of mocks": "`tasks`：`{}` 的 `attempts` 必须是 mock 的列表",
  "`tasks`: the list of `{}` has more than {} mocks": "`tasks`：`{}` 的列表超过 {} 个 mock",
  "`tasks`: the list of `{}` is empty; expected one mock for each {}": "`tasks`：`{}` 的列表为空；每次{}应有一个 mock",
  "`tasks`: the mock of `{}` {}": "`tasks`：`{}` 的 mock {}",
  "must be a function, an object such as `{ output }`, or a list of such objects":
    "必须是函数、对象（例如 `{ output }`）或此类对象的列表",
  "has `attempts` inside a list; use `{ attempts: [...] }` without a list, or a function":
    "在列表中含有 `attempts`；请使用不在列表中的 `{ attempts: [...] }`，或使用函数",
  "a field of the mock of `{}`": "`{}` 的 mock 的字段",
  "must have a JSON value as `output`: {}": "必须以 JSON 值为 `output`：{}",
  "cannot have both `{}` and `{}`": "不能同时有 `{}` 和 `{}`",
  "must have a non-empty string as `error`": "的 `error` 必须是非空字符串",
  "must have a string as `cause`": "的 `cause` 必须是字符串",
  "has `cause` without `error`": "有 `cause` 但没有 `error`",
  "must have `true` as `never`": "的 `never` 必须为 `true`",
  "must have a number of 0 or more as `delayMs`": "的 `delayMs` 必须是 0 或更大的数",
  "must have one of `output`, `error`, `delayMs`, `never`": "必须有 `output`、`error`、`delayMs`、`never` 之一",
  "no handler in `tasks` matches `{}` of `{}`": "`tasks` 中没有与 `{1}` 的 `{0}` 匹配的处理函数",
  "the result of the task is longer than {} bytes": "任务的结果超过 {} 字节",
  "the handler threw a value that cannot be converted to text": "处理函数抛出了无法转换为文本的值",
};
