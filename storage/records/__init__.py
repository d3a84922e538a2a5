"""What must be kept, for how long, and who did what: retention, erasure, holds, the audit log."""
