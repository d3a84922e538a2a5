DROP INDEX job_leased;
