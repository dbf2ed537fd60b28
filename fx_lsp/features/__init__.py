"""What an editor can ask: functions from a snapshot, a file and a place to plain data."""
