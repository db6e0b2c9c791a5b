/* What is replaced of what programs send, and what is not. */
#include "unit.h"

#include <jansson.h>

#include "issues/scrubbing.h"

static const struct {
    const char *event;
    const char *kept;
} rows[] = {
    /* by their keys, wherever somebody puts values */
    {"{'extra':{'DB_PASSWORD':'x','n':1,'nested':[{'api-key':7,'ApiKey':[1,2],'count':3}]}}",
     "{'extra':{'DB_PASSWORD':'[Filtered]','n':1,'nested':[{'api-key':'[Filtered]','ApiKey':'["
     "Filtered]','count':3}]}}"},
    {"{'extra':{'session':'x','pwd':'x','jwt':'x','otp':7,'shopping':'y'},'tags':[['sid','x']]}",
     "{'extra':{'session':'[Filtered]','pwd':'[Filtered]','jwt':'[Filtered]','otp':'[Filtered]',"
     "'shopping':'y'},'tags':[['sid','[Filtered]']]}"},
    {"{'request':{'cookies':'sessionid=x; shop=paris','headers':{'X-Pw':'x'}}}",
     "{'request':{'cookies':'sessionid=[Filtered]; shop=paris','headers':{'X-Pw':'[Filtered]'}}}"},
    {"{'request':{'cookies':{'sessionid':'x','a':'b'}}}",
     "{'request':{'cookies':{'sessionid':'[Filtered]','a':'b'}}}"},
    {"{'user':{'id':7,'email':'a@b.c','auth_hash':'x'},'tags':{'access_token':'x','shop':'paris'}}",
     "{'user':{'id':7,'email':'a@b.c','auth_hash':'[Filtered]'},'tags':{'access_token':'[Filtered]'"
     ",'shop':'paris'}}"},
    {"{'tags':[['token','x'],['shop','paris'],{'key':'secret','value':'x'}]}",
     "{'tags':[['token','[Filtered]'],['shop','paris'],{'key':'secret','value':'[Filtered]'}]}"},
    {"{'extra':{'secret':null}}", "{'extra':{'secret':null}}"},
    /* of requests */
    {"{'request':{'method':'POST','headers':[['Authorization','Basic eDp5'],['Accept','*/*']],"
     "'cookies':'csrftoken=x; shop=paris','data':{'passwd':'x','title':'y'},'env':{'HOME':'/'}}}",
     "{'request':{'method':'POST','headers':[['Authorization','[Filtered]'],['Accept','*/*']],"
     "'cookies':'csrftoken=[Filtered]; shop=paris','data':{'passwd':'[Filtered]','title':'y'},'env'"
     ":{'HOME':'/'}}}"},
    {"{'request':{'url':'https://me:pw@shop.example/a?token=x&page=2',"
     "'query_string':'page=2&t%6fken=x&secret=y&a'}}",
     "{'request':{'url':'https://[Filtered]@shop.example/a?token=[Filtered]&page=2',"
     "'query_string':'page=2&t%6fken=[Filtered]&secret=[Filtered]&a'}}"},
    {"{'request':{'query_string':[['token','x'],['page','2']],'cookies':{'auth':'x','a':'b'}}}",
     "{'request':{'query_string':[['token','[Filtered]'],['page','2']],'cookies':{'auth':'["
     "Filtered]','a':'b'}}}"},
    {"{'request':{'data':'user=me&password=x'}}", "{'request':{'data':'[Filtered]'}}"},
    /* of stacks, threads, breadcrumbs, contexts, messages */
    {"{'exception':{'values':[{'value':'password is "
     "wrong','stacktrace':{'frames':[{'function':'auth"
     "enticate','context_line':'check(password)','vars':{'password':'x','n':2}}]}}]}}",
     "{'exception':{'values':[{'value':'password is "
     "wrong','stacktrace':{'frames':[{'function':'auth"
     "enticate','context_line':'check(password)','vars':{'password':'[Filtered]','n':2}}]}}]}}"},
    {"{'stacktrace':{'frames':[{'context_line':'DB_PASSWORD = `hunter2`, host = `db`',"
     "'pre_context':['connect({ `api_key`: `a1`, `port`: 5 })','auth => `x` + `y`'],"
     "'post_context':['// the password: ask for it','-----BEGIN PRIVATE KEY-----',"
     "'get(`https://me:pw@db/`); password[`a`] = `b`; token = f(`z`)']}]}}",
     "{'stacktrace':{'frames':[{'context_line':'DB_PASSWORD = `[Filtered]`, host = `db`',"
     "'pre_context':['connect({ `api_key`: `[Filtered]`, `port`: 5 })',"
     "'auth => `[Filtered]` + `y`'],'post_context':['// the password: ask for it','[Filtered]',"
     "'get(`https://[Filtered]@db/`); password[`a`] = `b`; token = f(`z`)']}]}}"},
    {"{'threads':[{'stacktrace':{'frames':[{'vars':{'token':'x'}}]}}],"
     "'stacktrace':{'frames':[{'vars':{'token':'x'}}]}}",
     "{'threads':[{'stacktrace':{'frames':[{'vars':{'token':'[Filtered]'}}]}}],"
     "'stacktrace':{'frames':[{'vars':{'token':'[Filtered]'}}]}}"},
    {"{'breadcrumbs':{'values':[{'message':'SELECT 1 FROM auth_user','data':{'url':'http://a/?"
     "secret=x&b=1','bearer':'x'}}]}}",
     "{'breadcrumbs':{'values':[{'message':'SELECT 1 FROM auth_user','data':{'url':'http://a/?"
     "secret=[Filtered]&b=1','bearer':'[Filtered]'}}]}}"},
    {"{'contexts':{'trace':{'op':'auth.login','data':{'token':1}},'shop':{'credentials':{'a':1}}}}",
     "{'contexts':{'trace':{'op':'auth.login','data':{'token':1}},'shop':{'credentials':'[Filtered]"
     "'"
     "}}}"},
    {"{'logentry':{'message':'%s logs in with password','params':['me','token=x']}}",
     "{'logentry':{'message':'%s logs in with password','params':['me','[Filtered]']}}"},
    /* by what they are */
    {"{'extra':{'a':'curl -H Bearer:x','b':'-----BEGIN RSA PRIVATE KEY-----'}}",
     "{'extra':{'a':'[Filtered]','b':'[Filtered]'}}"},
    {"{'extra':{'a':'card 4111 1111-1111 1111 of','b':'5500005555555559','c':'378282246310005.'}}",
     "{'extra':{'a':'card [Filtered] of','b':'[Filtered]','c':'[Filtered].'}}"},
    {"{'extra':{'a':'4111111111111112','b':'411111111111','c':'41111111111111111111','d':'2026-11-"
     "28"
     " 10:00'}}",
     "{'extra':{'a':'4111111111111112','b':'411111111111','c':'41111111111111111111','d':'2026-11-"
     "28"
     " 10:00'}}"},
    {"{'extra':{'a':'redis://u:p@host/0 and a@b.c http://x/@y:z'}}",
     "{'extra':{'a':'redis://[Filtered]@host/0 and a@b.c http://x/@y:z'}}"},
    /* what is none of these, or of no form */
    {"{'message':'the token','transaction':'/auth/','release':'secret@1','culprit':'bearer'}",
     "{'message':'the token','transaction':'/auth/','release':'secret@1','culprit':'bearer'}"},
    {"{'request':7,'extra':'x','user':[],'contexts':[1],'breadcrumbs':{'values':[1,{'data':2}]},"
     "'exception':[null,{'stacktrace':1}],'logentry':'x'}",
     "{'request':7,'extra':'x','user':[],'contexts':[1],'breadcrumbs':{'values':[1,{'data':2}]},"
     "'exception':[null,{'stacktrace':1}],'logentry':'x'}"},
};

/* JSON with ' for " */
static json_t *parse(const char *text)
{
    char bytes[2048];
    snprintf(bytes, sizeof bytes, "%s", text);
    for (char *at = bytes; *at; at++)
        *at = *at == '\'' ? '"' : *at;
    return json_loads(bytes, 0, NULL);
}

static void test_what_is_replaced(void **state)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_t *event = parse(rows[i].event);
        json_t *kept = parse(rows[i].kept);
        check(event && kept, "%s", rows[i].event);
        scrubbing_apply(*state, event);
        char *bytes = json_dumps(event, JSON_COMPACT);
        check(json_equal(event, kept), "%s, which becomes %s", rows[i].event, bytes);
        free(bytes);
        json_decref(event);
        json_decref(kept);
    }
}

static const struct CMUnitTest tests[] = {TEST(test_what_is_replaced)};
UNIT_MAIN(tests)
