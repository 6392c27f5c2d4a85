-- Both sides in one view: every row by the key that both know it by. `desktop.` and `cloud.` are the two places; the
-- demo leaves out the prefix of the one that it runs in. View `counts` compares them table by table.

CREATE TEMP VIEW both_sides AS
SELECT 1 AS ordinal, 'orgmaster' AS table_name, '' || org_id AS row_key, source, 1 AS in_desktop, 0 AS in_cloud FROM desktop.orgmaster
UNION ALL SELECT 1, 'orgmaster', '' || org_id, source, 0, 1 FROM cloud.orgmaster
UNION ALL SELECT 2, 'locmaster', '' || loc_id, source, 1, 0 FROM desktop.locmaster
UNION ALL SELECT 2, 'locmaster', '' || loc_id, source, 0, 1 FROM cloud.locmaster
UNION ALL SELECT 3, 'conmaster', '' || con_id, source, 1, 0 FROM desktop.conmaster
UNION ALL SELECT 3, 'conmaster', '' || con_id, source, 0, 1 FROM cloud.conmaster
UNION ALL SELECT 4, 'climaster', '' || client_id, source, 1, 0 FROM desktop.climaster
UNION ALL SELECT 4, 'climaster', '' || client_id, source, 0, 1 FROM cloud.climaster
UNION ALL SELECT 5, 'cliunimaster', '' || cliu_id, source, 1, 0 FROM desktop.cliunimaster
UNION ALL SELECT 5, 'cliunimaster', '' || cliu_id, source, 0, 1 FROM cloud.cliunimaster
UNION ALL SELECT 6, 'taskmaster', '' || task_id, source, 1, 0 FROM desktop.taskmaster
UNION ALL SELECT 6, 'taskmaster', '' || task_id, source, 0, 1 FROM cloud.taskmaster
UNION ALL SELECT 7, 'jobmaster', '' || job_id, source, 1, 0 FROM desktop.jobmaster
UNION ALL SELECT 7, 'jobmaster', '' || job_id, source, 0, 1 FROM cloud.jobmaster
UNION ALL SELECT 8, 'mbstaff', '' || staff_id, source, 1, 0 FROM desktop.mbstaff
UNION ALL SELECT 8, 'mbstaff', '' || staff_id, source, 0, 1 FROM cloud.mbstaff
UNION ALL SELECT 9, 'jobshead', '' || job_id, source, 1, 0 FROM desktop.jobshead
UNION ALL SELECT 9, 'jobshead', '' || job_id, source, 0, 1 FROM cloud.jobshead
UNION ALL SELECT 10, 'jobtasks', job_id || '/' || task_id, source, 1, 0 FROM desktop.jobtasks
UNION ALL SELECT 10, 'jobtasks', job_id || '/' || task_id, source, 0, 1 FROM cloud.jobtasks
UNION ALL SELECT 11, 'taskchecklist', job_id || '/' || task_id || '/' || item_no, source, 1, 0 FROM desktop.taskchecklist
UNION ALL SELECT 11, 'taskchecklist', job_id || '/' || task_id || '/' || item_no, source, 0, 1 FROM cloud.taskchecklist
UNION ALL SELECT 12, 'workdiary', staff_id || '/' || job_id || '/' || work_date, source, 1, 0 FROM desktop.workdiary
UNION ALL SELECT 12, 'workdiary', staff_id || '/' || job_id || '/' || work_date, source, 0, 1 FROM cloud.workdiary
UNION ALL SELECT 13, 'reminder', '' || rem_id, source, 1, 0 FROM desktop.reminder
UNION ALL SELECT 13, 'reminder', '' || rem_id, source, 0, 1 FROM cloud.reminder
UNION ALL SELECT 14, 'remdetail', '' || remd_id, source, 1, 0 FROM desktop.remdetail
UNION ALL SELECT 14, 'remdetail', '' || remd_id, source, 0, 1 FROM cloud.remdetail
UNION ALL SELECT 15, 'learequest', '' || lea_id, source, 1, 0 FROM desktop.learequest
UNION ALL SELECT 15, 'learequest', '' || lea_id, source, 0, 1 FROM cloud.learequest;

-- `of_app` are the rows among them that the app made or changed last; `apart` are keys that only one side has.
CREATE TEMP VIEW counts AS
SELECT ordinal, table_name, sum(in_desktop) AS desktop, sum(desktop_app) AS of_app, sum(in_cloud) AS cloud, sum(cloud_app) AS of_app_too,
       sum(CASE WHEN in_desktop = 0 OR in_cloud = 0 THEN 1 ELSE 0 END) AS apart,
       sum(CASE WHEN in_desktop > 1 OR in_cloud > 1 THEN 1 ELSE 0 END) AS duplicates
FROM (SELECT ordinal, table_name, row_key, sum(in_desktop) AS in_desktop, sum(in_cloud) AS in_cloud,
             sum(CASE WHEN source = 'M' THEN in_desktop ELSE 0 END) AS desktop_app,
             sum(CASE WHEN source = 'M' THEN in_cloud ELSE 0 END) AS cloud_app
      FROM both_sides GROUP BY ordinal, table_name, row_key) AS each_key
GROUP BY ordinal, table_name;
