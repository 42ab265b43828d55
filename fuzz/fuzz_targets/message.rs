//! Reads any bytes as a request or a response on its way through the proxy, chunks and trailers
//! included.

#![no_main]

use doctool::capture::proxy::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| fuzzing::message(data));
