-- Outside any transaction, one by one; each can be run again.
DROP INDEX CONCURRENTLY IF EXISTS job_leased;
