"""What the Ansible collection does: its modules as values, and one way to perform a task.

Nothing of Ansible's is imported here. The collection itself (`ansible_collections/lyncops/dr`)
hands a task over and takes the answer.
"""
