"""What can be changed: one module for each subject, whose mutations the root assembles."""
