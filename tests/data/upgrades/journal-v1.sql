-- A journal as lumabill 0.1.0 wrote it at commit 865ceea (version 1 of the file): two creates that were made in the
-- practice API, one that was not sent, one whose process was killed while it was being sent. Never edited by hand; a
-- later version gets a file of its own. Made by running that program (`call create_…`) and dumping what it wrote:
--   python3 -c "import sqlite3; print(*sqlite3.connect('journal.db').iterdump(), sep='\n')"
-- with the two pragmas, which a dump leaves out, put before it. The key file that belongs to it, in hexadecimal:
-- key 956f52de5989c8ac4f005d1c054eab2d9ffa3c4419f80d28aceeede7756c852f
pragma application_id = 1280131658;
pragma user_version = 1;
BEGIN TRANSACTION;
CREATE TABLE fact (name text primary key, value blob not null) strict, without rowid;
INSERT INTO "fact" VALUES('key_check',X'300611EE2D73557C24A0E7EA64DEB16A');
CREATE TABLE intent (
  number integer primary key autoincrement, idempotency_key text not null,
  account text not null, origin text not null, profile text not null,
  tool text not null, kind text not null, client text not null, confirmed text not null,
  state text not null, lost integer not null default 0, answered integer not null default 0, owner text,
  record_id text, record_number text, party text, fields blob not null, state_before blob,
  fingerprint blob, about blob, amount blob, currency blob,
  claimed_at integer not null, sent_at integer, settles_at integer, settled_at integer,
  looked_at integer) strict;
INSERT INTO "intent" VALUES(1,'0805ae91-f7b1-495b-b5f0-26fdc124d554','sandbox','sandbox','6f1c2b3a-9d4e-4f5a-8b6c-7d8e9f0a1b2c','create_client','create','terminal','not_asked','created',0,1,'86b9be2580e84bc784e3959b070a55a1','7601762a-b951-4580-8db6-db8c12a7f335',NULL,NULL,X'000000046E616D6540F65B5187D9EF554FEBFEAA5965A784',NULL,X'B1616DC36B91EBCBF815BB39F75CA8BD',X'C7DF5BEA47B2DB29C149A7C9725E0C56',NULL,NULL,1795305008470,1795305008473,NULL,1795305008521,NULL);
INSERT INTO "intent" VALUES(2,'d2e8526a-ce34-4d39-aafb-e91136963fdb','sandbox','sandbox','6f1c2b3a-9d4e-4f5a-8b6c-7d8e9f0a1b2c','create_vendor','create','terminal','not_asked','created',0,1,'f1ee23ca9a3845bb8017714d18e62c7d','cb034b77-76ac-4a2c-ba07-60fce91d8cf0',NULL,NULL,X'000000046E616D654F2C96BF4932809625889BA7B3C13E5F',NULL,X'83979ED448E84E3A254A6ADDA4A2871D',X'78899886B5A14C60E108AFC320D73499',NULL,NULL,1795305008613,1795305008625,NULL,1795305008702,NULL);
INSERT INTO "intent" VALUES(3,'58ca7aaf-5be6-4ab9-b071-f95a39537198','lumabill','http://127.0.0.1:39417','11111111-1111-4111-8111-111111111111','create_client','create','terminal','not_asked','not_sent',0,0,'119bf1e3c8bf497db786d3dfa9501245',NULL,NULL,NULL,X'000000046E616D654C2045595B3AAF6C7FEB917DABE58271',NULL,X'F9BCBA8C3D12BB1EB9A6D3565843020D',X'A7222EFE7E05E8BB5F11D9D79C5D4E59',NULL,NULL,1795305031526,1795305031549,NULL,1795305031637,NULL);
INSERT INTO "intent" VALUES(4,'6996fcb1-988b-4762-90b9-667c4ee866eb','lumabill','http://127.0.0.1:39417','11111111-1111-4111-8111-111111111111','create_client','create','terminal','not_asked','sending',0,0,'b443b8a50e98407a91ee07f2ed6475e2',NULL,NULL,NULL,X'000000046E616D656C85176F603A8EAA49F78813F14AECCD',NULL,X'6D8D4A4A15FB967339C93527814B300B',X'C554B7CB707B18429037D935AEC2FF09',NULL,NULL,1795305031682,1795305031683,NULL,NULL,NULL);
CREATE TABLE told (number integer not null, fingerprint blob not null, settled integer not null,
  primary key (number, fingerprint)) strict, without rowid;
CREATE INDEX intent_open on intent (number) where settled_at is null;
CREATE INDEX intent_fingerprint on intent (fingerprint) where fingerprint is not null;
CREATE INDEX intent_about on intent (about) where about is not null;
CREATE INDEX intent_record on intent (record_id) where record_id is not null;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('intent',4);
COMMIT;
