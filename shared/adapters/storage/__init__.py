"""The report store: a blob container (azure-storage-blob) or a folder.

May import the domain and `shared.adapters.sdk_client`. Start with `report_store.py`.
"""
