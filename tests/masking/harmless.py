"""Texts without a credential, of the kinds that organizations write into requests, feeds, files and accounts."""

TEXTS = r"""
ACME & Sons, Inc.
Müller GmbH & Co. KG
Smith @ Wesson Supply
50% Off Stores Ltd.
Café «L'Étoile» - Paris
A=B Trading
C/O Northwind, attn: Receiving
株式会社サンプル
O'Brien's "Best" Foods
Bob's 3:1 Mixes
Ada Lovelace
Dr. med. Anna-Lena Meyer
Jean d'Arc / Buyer
John (EDI) Doe
Ann: Supply Chain
bob@x.com
bob.o'neil+orders@mail.x.example
"Bob Smith" <bob@x.example>
Bob <bob@x.example>, Ann <ann@y.example>; Joe <joe@z.example>
bob@x.example, ann@y.example
mailto:bob@x.example?subject=Feed%20down
mailto:bob@x.example?subject=token%20expired
E-Mail:bob@x.example
Email: bob@x.example / phone: +1-555-0100
mail to bob[at]x.example
contact:bob@x.example
sip:bob@pbx.example
xmpp:bob@chat.example
acct:bob@social.example
@bob on chat
ask @bob or @ann: they know
+1-213-555-0117x422
+49 (0)30 / 901820-0
tel:+15550100
(555) 010-0123 ext. 7
call at 12:30, then 14:00-15:30
12:30@warehouse 4
8:00-17:00 @ dock 12
30 6,12 * * *
*/15 * * * *
0 0 1 * *
@daily
TZ=Europe/Berlin 0 6 * * 1-5
CRON_TZ=UTC 0 6 * * *
every day at 06:00 UTC
weekly: Mon, Wed @ 06:00
on request
S-482913
0012-3456/78
GLN 4006381333931
PO=4500012345
AS2-ID: ACME_TEST
ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER
UNB+UNOA:3+SENDER:14+RECEIVER:14+260101:0930+1'
IBAN DE89 3704 0044 0532 0130 00
sku=A-100; qty=12; unit=EA
size: 10" x 12"
5' 11" x 2' 3"
ratio 16:9, "wide"
'single' and "double": quotes
price="12.50" currency="EUR"
name="ACME" type='supplier'
status = "ok"
width="100" height="50"
<a href="https://x.example/feeds">feeds</a>
<input type="text" name="user" value="bob">
see https://x.example/feeds
https://x.example/feeds?page=2&sort=-name
https://x.example/search?q=password+policy
https://x.example/search?q=how+to+reset+a+token&lang=en
https://x.example/docs/api-keys#tokens
https://x.example/docs/secret-management/
https://x.example/passwords/reset
https://x.example/a:b@c
https://x.example/@bob/posts
https://x.example:8443/feeds?x=a@b.example
https://x.example?mail=bob@y.example
https://x.example/?mail=bob%40y.example&page=2
https://x.example/?next=https%3A%2F%2Fy.example%2Fa%3Fpage%3D2
https://x.example/?u=ftp%3A%2F%2Fh.example%2Fin
https://x.example/a%20b%2Fc%3Dd
https://x.example/?country_code=DE&currency=EUR
https://x.example/?code=200&pin=4
https://x.example/?code=summer-sale-2024
https://x.example/?code=ISO-8859-1
https://x.example/?ticket=OPS-1234
https://x.example/?ticket=4711&sid=7
https://x.example/?sid=session1
https://x.example/?zip_code=10115&promo_code=SPRING26
https://x.example/?tokens=3&max_tokens=4096
https://x.example/?next_page_token=abc123
https://x.example/?keyword=blue&key=name&keys=a,b
https://x.example/?passenger=2&passport=no&bypass=1&compass=n
https://x.example/?author=bob&authors=bob,ann&authority=city
https://x.example/?design=1&assign=bob&signal=4&signed=true
https://x.example/?secretary=ann&pinned=true&spin=3
https://x.example/?token=&password=
https://x.example/feeds;v=1;type=csv
https://x.example/#section=2&view=list
https://x.example/#/orders?page=3
https://x.example/webhooks
https://x.example/hooks/
https://x.example/hooks/orders
https://x.example/api/webhooks/list
https://hooks.slack.com/
https://api.slack.com/messaging/webhooks
https://discord.com/api/webhooks
https://discord.com/channels/123456789/987654321
https://core.telegram.org/bots/api
https://api.telegram.org/bots
https://api.telegram.org/bot-docs
https://ifttt.com/maker_webhooks
our hook: see chat.example/hooks for a list
https://x.example/?sig
ssh://deploy@x.example/srv
http://localhost:8080/users/@me
http://[::1]:8080/@x
http://[2001:db8::7]:8443/path
http://10.0.0.1:21,http://10.0.0.2:21 bob@x.example
http://h1,bob@x.example
http://intranet: ask bob@x.example
http://portal.example: write to admin@portal.example
https://host:8080 then mail bob@x.example
https://host:8080, or bob@x.example
https://host:443. Questions: bob@x.example
https://host:8443 (bob@x.example)
https://meet.example um 10:30Uhr mit bob@x.example
https://meet.example 10:30 bob@x.example
https://meet.example at 9:15 with @ann
https://x.example Email:bob@y.example
https://x.example contact:bob@y.example
ftp://files.example/in mail:bob@x.example
ftp://files.example:21/in
ftp://files.example/in,ftp://files.example/out
sftp://files.example:2222/outgoing/items/
sftp://feed@files.example/outgoing/
ssh://git@git.example:22/x.git
git@git.example:owner/repo.git
git+ssh://git@git.example/x.git
rsync://mirror@files.example/pub
scp feed@files.example:/in/items.csv .
host:/inbox/a@b.csv
files.example:/feeds/x@y.csv
files.example:21/in
s3://bucket/key/a@b.csv
gs://bucket/feeds/items=latest/
abfss://container@account.dfs.core.windows.example/path
postgresql://user@host/db
postgresql://host:5432/db?sslmode=verify-full&application_name=x
mongodb://h1:27017,h2:27017/db?replicaSet=rs0
jdbc:postgresql://h/d?ssl=true
jdbc:oracle:thin:@//h:1521/s
jdbc:sqlserver://h:1433;databaseName=d;encrypt=true
amqp://broker.example:5672/%2F
redis://cache.example:6379/0
ldap://ldap.example/dc=example,dc=com?uid?sub
smb://files.example/share/a@b
file:///srv/in/x@y.csv
file:///C:/feeds/x@y.csv
C:\feeds\x@y.csv
C:\\feeds\\x@y.csv
C:/feeds/a:b.csv
D:\Program Files\EDI: old\in
\\server\share\x@y.csv
/var/spool/feeds/2026-01-01T00:00:00/items.csv
dt=2026-01-01/part-0.csv
region=eu/dt=2026-01-01/items@v2.parquet
items_%Y%m%d.csv
items_2026%2F01.csv
price list (50 %).xlsx
token-list.csv
password policy.pdf
api_keys.md
Signature page: see p. 3
secret santa, 24 December: "bring a gift"
The password will be sent by mail.
Password: ask Ann.
password=x outside any URL
Please rotate the token every 90 days: "soon"
Token expired; pin the certificate.
PIN pad: model "X-200"
OTP is sent by text message
code: DE, AT, CH
Access code at the gate: see "arrival".
"code": "DE"
"pin": 4
'ticket': 'OPS-1234'
"status": "ok", "code": 200
"sid": "main"
"otp": true
{"a":1,"b":[1,2,3]}
{"name":"ACME","email":"bob@x.example"}
{"url":"http://h:80/x","mail":"bob@x.example"}
{"url":"https:\/\/x.example\/feeds?page=2","mail":"bob@x.example"}
{"when":"12:30@home","path":"C:\\feeds\\x@y.csv"}
{"password":null,"token":false,"secret":{}}
{"password":"","tokens":3,"max_tokens":4096}
{"password":{"type":"string","minLength":8}}
{"password_policy":"strict","token_type":"opaque","token_url":"https://x.example/oauth"}
{"required":["password","token"],"title":"Login"}
{"keys":["a","b"],"key":"name","keyword":"blue"}
{"country_code":"DE","status_code":200,"code":"summer-sale-2024"}
{"next_page_token":"abc","page_token":"2"}
{"signed":true,"author":"bob","authors":["ann"]}
{"auth_type":"OAUTH2","auth_url":"https://x.example/authorize"}
{"hook":"orders","webhooks":[]}
{'a': 'b', 'c': 12}
[{"id":"r-1","at":"2026-01-01T00:00:00Z"}]
registry/image:tag@sha256:abcdef
pkg:npm/@scope/name@1.0.0
npm:@scope/name@^1.0.0
image: registry.example/team/app:1.2@sha256:0123456789abcdef
sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
550e8400-e29b-41d4-a716-446655440000
conn_google-drive_01HZX3K8J9QW
int_shopify_us
r-5f2b9c/0
a/b/c:d
1:2:3:4
x := y; z == "w"
if a == "b" && c != 'd': next
SELECT * FROM items WHERE code = 'DE' AND qty >= 3
ls -l --color=auto "$HOME"
-Xmx512m -Dfile.encoding="UTF-8"
color:#ff0000; width="50%"
***
*** urgent *** call bob@x.example
ftp://***@files.example/in
https://x.example/?page=***
¿Qué?  ¡Sí!  100 % Ökostrom
"""

MULTILINE = (
    "https://portal.example:\nadmin@portal.example",
    "https://portal.example\nbob@x.example",
    "Files: ftp://files.example/in\nContact: bob@x.example\nPhone: 12:30",
    "https://localhost\nmail: bob@x.example",
    "http://h:8080\nhttp://h:8081\nbob@x.example",
    "key: value\nother: \"text\"\n- 'item'",
    "\x00 \ud800 é 日本",
)

HARMLESS = (*TEXTS.strip("\n").split("\n"), *MULTILINE)
