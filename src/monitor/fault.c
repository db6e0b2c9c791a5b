#include "monitor/fault.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/guard.h"
#include "base/log.h"
#include "monitor/flood.h"
#include "monitor/record.h"

#define KEY_FRAMES  3
#define RECORD_SIZE ((size_t)16 * 1024) /* on the alternate stack */

static const struct {
    int number;
    const char *name;
} faults[] = {
    {SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},
    {SIGILL, "SIGILL"},   {SIGABRT, "SIGABRT"}, {SIGTRAP, "SIGTRAP"},
};

#define FAULTS (sizeof faults / sizeof *faults)

/* Of functions of the C library that raise a signal for whoever calls them. */
struct extent {
    uintptr_t start;
    uintptr_t end;
};

static struct fault_options options;
static struct extent raisers[2];
static _Thread_local struct fault_frame *innermost;
static _Thread_local volatile sig_atomic_t handling;

/* The program's own text, from its beginning to its end (ld's symbols). */
extern const char __executable_start[]; /* NOLINT(bugprone-reserved-identifier) */
extern const char etext[];

static bool is_own(uintptr_t address)
{
    return address >= (uintptr_t)__executable_start && address < (uintptr_t)etext;
}

static bool raises(uintptr_t address)
{
    for (size_t i = 0; i < sizeof raisers / sizeof *raisers; i++)
        if (address > raisers[i].start && address <= raisers[i].end)
            return true;
    return false;
}

const char *fault_name(int signal)
{
    for (size_t i = 0; i < FAULTS; i++)
        if (faults[i].number == signal)
            return faults[i].name;
    return "signal";
}

bool fault_is_suspect(const struct fault *fault)
{
    return fault->signal != SIGFPE;
}

/* The stack, from the fault outward */

struct walk {
    struct fault *fault;
    const struct fault_frame *frame; /* NULL: nothing contains it */
    uintptr_t pc;
    uintptr_t outside; /* the newest address of no text of ours, before any that is */
    bool begun;        /* the handler's own frames are past */
    bool own;          /* one of ours has been seen */
    bool foreign;      /* one that a jump would leave in the middle */
    bool reached;
};

static void judge(struct walk *walk, uintptr_t address)
{
    bool own = is_own(address);
    if (own && !walk->own)
        walk->foreign = walk->outside && !raises(walk->outside);
    else if (!own && walk->own)
        walk->foreign = true;
    else if (!own)
        walk->outside = address;
    walk->own = walk->own || own;
}

static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *argument)
{
    struct walk *walk = argument;
    struct fault *fault = walk->fault;
    uintptr_t address = _Unwind_GetIP(context);
    walk->begun = walk->begun || address == walk->pc;
    if (!walk->begun)
        return _URC_NO_REASON;
    if (fault->frame_count < FAULT_FRAMES)
        fault->frames[fault->frame_count++] = address;
    if (walk->frame && !walk->reached) {
        judge(walk, address);
        walk->reached = _Unwind_GetCFA(context) >= walk->frame->stack;
    }
    bool goes_on = fault->frame_count < FAULT_FRAMES || (walk->frame && !walk->reached);
    return goes_on ? _URC_NO_REASON : _URC_END_OF_STACK;
}

static uintptr_t pc_of(const ucontext_t *context)
{
#if defined(__x86_64__)
    return (uintptr_t)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return context->uc_mcontext.pc;
#else
    (void)context;
    return 0;
#endif
}

/* By the processor, or by abort() or raise() in this process; else somebody has sent it. */
static bool is_of_ours(const siginfo_t *info)
{
    return info->si_code > 0 || (info->si_code == SI_TKILL && info->si_pid == getpid());
}

static void read_fault(struct fault *fault, const siginfo_t *info)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    fault->signal = info->si_signo;
    fault->code = info->si_code;
    fault->address = info->si_code > 0 ? (uintptr_t)info->si_addr : 0;
    fault->at = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    fault->frame_count = 0;
}

static bool may_contain(const struct walk *walk)
{
    return walk->frame && walk->reached && walk->own && !walk->foreign && guard_depth == 0
           && walk->fault->signal != SIGTRAP;
}

/* By what the grouping goes by, as it is in this process. */
static uint64_t key_of(const struct fault *fault)
{
    uint64_t key = (uint64_t)fault->signal;
    for (size_t i = 0; i < fault->frame_count && i < KEY_FRAMES; i++)
        key = (key ^ fault->frames[i]) * UINT64_C(0x9E3779B97F4A7C15);
    return key;
}

/* The fault first: what follows might fault in turn. */
static void write_record(const struct fault *fault, const struct fault_frame *frame, bool contained)
{
    char room[RECORD_SIZE];
    struct buffer line = BUFFER_ON(room);
    struct record record;
    uint64_t stands_for = contained ? flood_ask(key_of(fault), fault->at) : 1;
    if (stands_for == 0)
        return;
    if (!options.spool || !record_open(&record, options.spool, fault->at))
        return;
    record_fault(&line, fault, contained, stands_for);
    buffer_char(&line, '\n');
    record_append(&record, buffer_contents(&line));
    if (options.describe) {
        line = BUFFER_ON(room);
        options.describe(&line, frame ? frame->context : NULL);
        buffer_char(&line, '\n');
        if (!line.failed)
            record_append(&record, buffer_contents(&line));
    }
    record_close(&record);
}

/* `_exit`, since PID 1 of a container would survive its own signal. */
static _Noreturn void end(int signal)
{
    log_flush_if_free();
    _exit(128 + signal);
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
    static struct fault outside; /* of what nothing contains: the process ends with it */
    if (handling)
        _exit(128 + signal);
    handling = 1;
    struct fault_frame *frame = innermost;
    struct walk walk = {.fault = frame ? &frame->fault : &outside,
                        .frame = frame,
                        .pc = pc_of(context)};
    read_fault(walk.fault, info);
    _Unwind_Backtrace(visit, &walk);
    bool contained = frame && is_of_ours(info) && may_contain(&walk);
    write_record(walk.fault, frame, contained);
    if (frame && contained) {
        innermost = frame->outer;
        handling = 0;
        siglongjmp(frame->place, 1);
    }
    end(signal);
}

/* The extent of a function of the C library, by its own symbol table. */
static struct extent extent_of(const char *name)
{
    Dl_info info;
    const ElfW(Sym) *symbol = NULL;
    void *at = dlsym(RTLD_DEFAULT, name);
    if (!at || !dladdr1(at, &info, (void **)&symbol, RTLD_DL_SYMENT) || !symbol)
        return (struct extent){0};
    return (struct extent){(uintptr_t)at, (uintptr_t)at + symbol->st_size};
}

static _Unwind_Reason_Code stop_at_once(struct _Unwind_Context *context, void *argument)
{
    (void)context;
    (void)argument;
    return _URC_END_OF_STACK;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true
#else
#define SANITIZED false
#endif

void fault_install(const struct fault_options *wanted)
{
    if (SANITIZED)
        return;
    struct sigaction action = {.sa_sigaction = on_fault,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    options = *wanted;
    raisers[0] = extent_of("abort");
    raisers[1] = extent_of("raise");
    record_find_images();
    _Unwind_Backtrace(stop_at_once, NULL); /* what it does once, it does now */
    guard_thread();
    for (size_t i = 0; i < FAULTS; i++)
        sigaction(faults[i].number, &action, NULL);
}

bool fault_is_handled(void)
{
    return !SANITIZED;
}

void fault_enter(struct fault_frame *frame, void *context)
{
    guard_thread();
    frame->stack = (uintptr_t)__builtin_frame_address(0);
    frame->context = context;
    frame->outer = innermost;
    atomic_signal_fence(memory_order_seq_cst);
    innermost = frame;
}

void fault_leave(const struct fault_frame *frame)
{
    innermost = frame->outer;
}
