//! CSS colour classes of wait classes and session states: the same everywhere.

/// The CSS class of a wait class.
pub fn wait_class(name: &str) -> &'static str {
    match name {
        "CPU" => "wait-cpu",
        "IO" => "wait-io",
        "Lock" => "wait-lock",
        "LWLock" => "wait-lwlock",
        "IPC" => "wait-ipc",
        "Client" => "wait-client",
        "Timeout" => "wait-timeout",
        "BufferPin" | "Buffer" => "wait-bufferpin",
        "Activity" => "wait-activity",
        "Extension" => "wait-extension",
        _ => "wait-other",
    }
}

/// The CSS class of a session state.
pub fn state(name: &str) -> &'static str {
    match name {
        "active" => "state-active",
        "idle" => "state-idle",
        "idle in transaction" => "state-idle-tx",
        "idle in transaction (aborted)" => "state-aborted",
        "fastpath function call" => "state-active",
        _ => "state-unknown",
    }
}
