-- snippet: sql-roles
create role pgqueue_publisher nologin;
create role pgqueue_consumer nologin;
create role pgqueue_admin nologin;
-- end snippet
