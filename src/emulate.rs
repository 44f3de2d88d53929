//! The emulator of the service, sans-IO: request and time in, response or "wake me at" out.
