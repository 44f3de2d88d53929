#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| cloudflow_fuzz::flow::run(bytes));
