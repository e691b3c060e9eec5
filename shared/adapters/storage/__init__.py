"""The report store: a blob container (azure-storage-blob) or a folder.

May import the domain. Start with `report_store.py`.
"""
