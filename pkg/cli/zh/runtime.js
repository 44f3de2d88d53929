// Messages of the runtimes in Chinese, as parts of messages of the command.

/**
 * What is wrong with a text that is not JSON. Node and Deno have the parser of V8, Bun that of JavaScriptCore.
 *
 * @type {import("../../zh/translate.js").Table}
 */
export const JSON_PROBLEMS = {
  "{} in JSON at position {}": "位置 {1}：{0}",
  "{} in JSON at position {} (line {} column {})": "第 {2} 行第 {3} 列：{0}",
  "Unexpected non-whitespace character after JSON at position {}": "位置 {}：JSON 之后有多余的字符",
  "Unexpected non-whitespace character after JSON at position {} (line {} column {})":
    "第 {1} 行第 {2} 列：JSON 之后有多余的字符",
  "Unexpected end of JSON input": "JSON 不完整",
  "Unexpected token '{}', {} is not valid JSON": "多余的 '{}'",
  "Unexpected token '{}'": "多余的 '{}'",
  "Expected property name or '}'": "应为属性名或 '}'",
  "Expected double-quoted property name": "应为双引号中的属性名",
  "Expected ':' after property name": "属性名之后应为 ':'",
  "Expected ',' or '}' after property value": "属性值之后应为 ',' 或 '}'",
  "Expected ',' or ']' after array element": "数组元素之后应为 ',' 或 ']'",
  "Bad control character in string literal": "字符串中有无效的控制字符",
  "Bad escaped character": "无效的转义字符",
  "Bad Unicode escape": "无效的 Unicode 转义",
  "Unterminated string": "字符串没有结束",
  "No number after minus sign": "负号之后没有数字",
  "Unterminated fractional number": "小数没有结束",
  "Exponent part is missing a number": "指数部分没有数字",
  "Unexpected number": "多余的数字",
  "Unexpected string": "多余的字符串",
  "JSON Parse error: {}": "{}",
  "Unexpected EOF": "JSON 不完整",
  "Expected '}'": "应为 '}'",
  "Expected ']'": "应为 ']'",
  "Expected ':' before value in object property definition": "属性的值之前应为 ':'",
  "Property name must be a string literal": "属性名必须是字符串",
  'Unexpected identifier "{}"': "多余的 {}",
  "Unrecognized token '{}'": "无法识别的 '{}'",
  "Unable to parse JSON string": "无法解析 JSON",
  "Invalid escape character {}": "无效的转义字符 {}",
};

/**
 * Why there was no response.
 *
 * @type {import("../../zh/translate.js").Table}
 */
export const NETWORK = {
  "no response from {}: {}": "{}没有响应：{}",
  "fetch failed: {}": "{}",
  "connect ECONNREFUSED {}": "连接被拒绝（ECONNREFUSED {}）",
  "connect ECONNREFUSED": "连接被拒绝（ECONNREFUSED）",
  "connect ETIMEDOUT {}": "连接超时（ETIMEDOUT {}）",
  "connect ENETUNREACH {}": "网络不可达（ENETUNREACH {}）",
  "connect EHOSTUNREACH {}": "主机不可达（EHOSTUNREACH {}）",
  "getaddrinfo ENOTFOUND {}": "无法解析主机（ENOTFOUND {}）",
  "getaddrinfo EAI_AGAIN {}": "暂时无法解析主机（EAI_AGAIN {}）",
  "read ECONNRESET": "连接被重置（ECONNRESET）",
  "other side closed": "对方关闭了连接",
  "bad port": "不允许使用该端口",
  "certificate has expired": "证书已过期",
  "self-signed certificate": "自签名证书",
  "self-signed certificate in certificate chain": "证书链中有自签名证书",
  "unable to verify the first certificate": "无法验证第一个证书",
  "unable to get local issuer certificate": "无法取得签发者的证书",
  "Unable to connect. Is the computer able to access the url?": "无法连接",
  "ECONNREFUSED: Unable to connect. Is the computer able to access the url?": "连接被拒绝（ECONNREFUSED）",
  "ConnectionRefused: Unable to connect. Is the computer able to access the url?": "连接被拒绝",
  "error sending request for url ({}): {}": "{1}",
  "client error (Connect): tcp connect error: Connection refused (os error {})": "连接被拒绝",
  "client error (Connect): dns error: {}": "无法解析主机",
};

/**
 * What the library that reads test files says where the checks of definitions find no mistake.
 *
 * @type {import("../../zh/translate.js").Table}
 */
export const YAML_PROBLEMS = {
  "unresolved tag: {}": "未知的标签：{}",
  "unresolved alias (the anchor must be set before the alias): {}": "未知的别名（锚点必须位于别名之前）：{}",
};
