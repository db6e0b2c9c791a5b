INSERT INTO shop_owner VALUES (1,'Ada'),(2,'Grace "G"'),(3,'Jürgen');
INSERT INTO shop_sample VALUES
 (1,'a','line'||char(10)||'tab'||char(9)||'"\/<'||char(1)||char(127)||'é😀','s',-5,3,-32768,32767,-9223372036854775807,9223372036854775807,1,'2024-05-07','14:05:00.123456','2024-05-07 14:05:00.123456','12.50','0.000000001',0.1,'f81d4fae7dec11d0a76500a0c91e6bf6','{"b": [1, 2.5, {"c": null}], "a": "\u00fc", "e": [], "f": {}, "t": true, "x": 1e+22}',1,NULL,2),
 (2,'b','','m',NULL,NULL,NULL,NULL,NULL,1,0,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,2,1,NULL),
 (3,'a','','m',0,0,0,0,0,0,0,'0001-01-01','00:00:00','1969-12-31 23:59:59','-0.01','1','1e16','f81d4fae7dec11d0a76500a0c91e6bf6','"text"',3,2,1),
 (10,'c','','m',0,0,0,0,0,0,0,'9999-12-31','23:59:59.100900','2024-05-07 14:05:00.999999','0','0',-0.0,NULL,'null',3,NULL,NULL);
INSERT INTO shop_sample_friends (sample_id,owner_id) VALUES (1,3),(1,1),(3,2);
