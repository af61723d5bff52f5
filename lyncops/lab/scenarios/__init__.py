"""What a lab starts from: descriptions of deployments, the files that hold them, and what makes one
contradict itself.
"""
