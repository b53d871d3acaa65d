//! The embedded billing API: loopback HTTP on SQLite, following its own `openapi.yaml` with its own
//! arithmetic. It imports nothing of ours, so that it can contradict the client.
