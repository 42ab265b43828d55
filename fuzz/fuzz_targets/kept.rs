//! Unpacks any bytes as a body that the proxy keeps. The first byte chooses the coding, the second
//! how much is kept.

#![no_main]

use doctool::capture::proxy::fuzzing;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| fuzzing::kept(data));
