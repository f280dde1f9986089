"""Pools of instances, for threads and for asyncio."""
