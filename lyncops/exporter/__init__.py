"""What a monitoring system asks, as Prometheus metrics: over HTTP, or in a file for its textfile
collector.
"""
