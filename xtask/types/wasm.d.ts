// workerd resolves an import of a .wasm file to the compiled module.

declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
