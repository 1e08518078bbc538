"""Asking providers for what their notice left out: the submission waits, the worker asks their API and completes it."""
