//! Which class gives which thing its colour: the same thing has the same colour everywhere.

/// The class of a wait class's colour.
pub fn wait_class(name: &str) -> &'static str {
    match name {
        "CPU" => "wait-cpu",
        "IO" => "wait-io",
        "Lock" => "wait-lock",
        "LWLock" => "wait-lwlock",
        "IPC" => "wait-ipc",
        "Client" => "wait-client",
        "Timeout" => "wait-timeout",
        "BufferPin" => "wait-bufferpin",
        "Activity" => "wait-activity",
        "Extension" => "wait-extension",
        _ => "wait-other",
    }
}

/// The class of a session state's colour.
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
