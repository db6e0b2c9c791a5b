#include "monitor/fault.h"

#include <dlfcn.h>
#include <elf.h>
#include <link.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include "base/buffer.h"
#include "base/clock.h"
#include "base/guard.h"
#include "base/log.h"
#include "monitor/crumbs.h"
#include "monitor/flood.h"
#include "monitor/record.h"

#define KEY_FRAMES     3
#define LONGEST_CALL   7                  /* bytes */
#define STACK_WORDS    512                /* in which a return address is looked for */
#define FAULT_SIZE     ((size_t)8 * 1024) /* of a record's first line, on the alternate stack */
#define MILLISECOND_NS 1000000
#define PATIENCE       100 /* milliseconds for other threads' records */

static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP};

#define FAULTS (sizeof faults / sizeof *faults)

/* Of functions of the C library that raise a signal for whoever calls them. */
struct extent {
    uintptr_t start;
    uintptr_t end;
};

static struct fault_options options;
static struct extent raisers[2];
static _Thread_local struct fault_frame *innermost;

/* How far this thread's handler has come. */
enum stage { STAGE_NONE, STAGE_WALKING, STAGE_WRITING, STAGE_ENDING };
static _Thread_local volatile sig_atomic_t stage;
static _Thread_local struct walk *volatile walking;
static _Thread_local const struct record *volatile begun; /* its first line is written */
static atomic_int writing;                                /* threads */

/* Where the C library keeps what it says before it aborts; NULL: nowhere. */
struct last_words {
    unsigned size;
    char text[];
};
static struct last_words *const *last_words;

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

bool fault_is_suspect(const struct fault *fault)
{
    return fault->signal != SIGFPE;
}

/* The stack, from the fault outward */

struct walk {
    struct fault *fault;
    const struct fault_frame *frame; /* NULL: nothing contains it */
    uintptr_t pc;                    /* where the unwinder begins */
    uintptr_t outside;               /* the newest address of no text of ours, before any that is */
    bool begun;                      /* the handler's own frames are past */
    bool own;                        /* one of ours has been seen */
    bool foreign;                    /* one that a jump would leave in the middle */
    bool reached;
    bool guessed; /* the first return address was looked for: the stack is damaged */
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

static void add_frame(struct fault *fault, uintptr_t address)
{
    if (fault->frame_count < FAULT_FRAMES)
        fault->frames[fault->frame_count++] = address;
}

static _Unwind_Reason_Code visit(struct _Unwind_Context *context, void *argument)
{
    struct walk *walk = argument;
    struct fault *fault = walk->fault;
    uintptr_t address = _Unwind_GetIP(context);
    walk->begun = walk->begun || address == walk->pc;
    if (!walk->begun)
        return _URC_NO_REASON;
    add_frame(fault, address);
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

/* A jump to where no code is: the unwinder knows no way from there, and would read what it finds.
 * It begins at the caller instead, as if the call had come back. */

#if defined(__x86_64__)
/* Whether what is before it is a call: to an offset of four bytes, or through a register or memory
 * (Intel's manual, volume 2, CALL). */
static bool follows_call(uintptr_t address)
{
    if (!record_is_text(address) || !record_is_text(address - LONGEST_CALL))
        return false;
    const unsigned char *at = (const void *)address; /* NOLINT(performance-no-int-to-ptr) */
    if (at[-5] == 0xE8)
        return true;
    for (int length = 2; length <= LONGEST_CALL; length++)
        if (at[-length] == 0xFF && (at[1 - length] >> 3 & 7) == 2)
            return true;
    return false;
}

/* Read by the kernel, which refuses what is not there. Gives how many there are. */
static size_t read_stack(uintptr_t from, uintptr_t words[STACK_WORDS])
{
    struct iovec to = {words, STACK_WORDS * sizeof *words};
    struct iovec there = {(void *)from, to.iov_len}; /* NOLINT(performance-no-int-to-ptr) */
    ssize_t length = process_vm_readv(getpid(), &to, 1, &there, 1, 0);
    return length > 0 ? (size_t)length / sizeof *words : 0;
}

/* The newest return address; where it is not the very first word, it is a guess. */
static void begin_at_caller(struct walk *walk, ucontext_t *context)
{
    uintptr_t words[STACK_WORDS];
    greg_t *registers = context->uc_mcontext.gregs;
    size_t count = read_stack((uintptr_t)registers[REG_RSP], words);
    for (size_t i = 0; i < count; i++) {
        if ((i && !is_own(words[i])) || !follows_call(words[i]))
            continue;
        walk->guessed = i > 0;
        walk->pc = words[i];
        registers[REG_RIP] = (greg_t)words[i];
        registers[REG_RSP] += (greg_t)((i + 1) * sizeof *words);
        return;
    }
    walk->pc = 0;
}
#elif defined(__aarch64__)
static void begin_at_caller(struct walk *walk, ucontext_t *context)
{
    uintptr_t caller = context->uc_mcontext.regs[30];
    walk->pc = is_own(caller) ? caller : 0;
    context->uc_mcontext.pc = caller;
}
#else
static void begin_at_caller(struct walk *walk, ucontext_t *context)
{
    (void)context;
    walk->pc = 0;
}
#endif

static void walk_stack(struct walk *walk, ucontext_t *context)
{
    uintptr_t pc = pc_of(context);
    walk->pc = pc;
    if (!record_is_text(pc)) {
        add_frame(walk->fault, pc);
        walk->outside = pc;
        begin_at_caller(walk, context);
    }
    if (walk->pc)
        _Unwind_Backtrace(visit, walk);
}

/* By the processor, or by abort() or raise() in this process; else somebody has sent it. */
static bool is_of_ours(const siginfo_t *info)
{
    return info->si_code > 0 || (info->si_code == SI_TKILL && info->si_pid == getpid());
}

static void read_fault(struct fault *fault, const siginfo_t *info)
{
    fault->signal = info->si_signo;
    fault->code = info->si_code;
    fault->address = info->si_code > 0 ? (uintptr_t)info->si_addr : 0;
    fault->at = clock_wall();
    fault->frame_count = 0;
}

static bool may_contain(const struct walk *walk)
{
    return walk->frame && walk->reached && walk->own && !walk->foreign && !walk->guessed
           && guard_depth == 0 && walk->fault->signal != SIGTRAP;
}

/* By what the grouping goes by, as it is in this process: the innermost functions of ours. */
static uint64_t key_of(const struct fault *fault, const void *context)
{
    static const uint64_t step = UINT64_C(0x9E3779B97F4A7C15);
    uint64_t key = ((uint64_t)fault->signal ^ (options.route ? options.route(context) : 0)) * step;
    size_t count = 0;
    for (size_t i = 0; i < fault->frame_count && count < KEY_FRAMES; i++) {
        if (!is_own(fault->frames[i]))
            continue;
        key = (key ^ fault->frames[i]) * step;
        count++;
    }
    return key;
}

/* What would be too long is left out. */
static struct text end_line(struct buffer *line, struct text otherwise)
{
    buffer_char(line, '\n');
    return line->failed ? otherwise : buffer_contents(line);
}

/* Of what aborted by itself: "free(): invalid pointer". */
static struct text words_of(const struct fault *fault)
{
    const struct last_words *words = last_words ? *last_words : NULL;
    return fault->signal == SIGABRT && words ? text_trim(text_of(words->text)) : TEXT("");
}

/* The fault first: what follows might fault in turn. What cannot be written is kept nevertheless.
 * `key`: 0: it ends the process. */
static bool write_parts(const struct fault *fault, const void *context, uint64_t key,
                        uint64_t stands_for)
{
    char fault_room[FAULT_SIZE];
    char context_room[FAULT_CONTEXT_SIZE];
    struct buffer line = BUFFER_ON(fault_room);
    struct record record;
    record_fault(&line, fault, words_of(fault), key != 0);
    struct text first = end_line(&line, TEXT("}\n"));
    bool is_open = options.spool && record_open(&record, options.spool, fault->at, stands_for);
    bool whole = is_open && record_append(&record, first);
    begun = whole ? &record : NULL;
    line = BUFFER_ON(context_room);
    if (options.describe)
        options.describe(&line, context);
    struct text second = end_line(&line, TEXT("{}\n"));
    if (key)
        flood_keep(key, first, second);
    whole = whole && record_append(&record, second) && crumbs_write(&record);
    begun = NULL;
    return is_open && record_close(&record, whole);
}

/* `key`: as of write_parts(). */
static void write_record(const struct fault *fault, const struct fault_frame *frame, uint64_t key)
{
    const void *context = frame ? frame->context : NULL;
    uint64_t stands_for = key ? flood_ask(key, fault->at) : 1;
    if (stands_for && !write_parts(fault, context, key, stands_for) && key)
        flood_put_back(key, stands_for);
}

static bool write_again(struct text what, uint64_t stands_for)
{
    struct record record;
    return options.spool && record_open(&record, options.spool, clock_wall(), stands_for)
           && record_close(&record, record_append(&record, what));
}

void fault_flush(bool all)
{
    flood_flush(clock_wall(), all, write_again);
}

/* Other threads may fault at the same time: what they write is not cut off. */
static void wait_for_others(void)
{
    const struct timespec pause = {.tv_nsec = MILLISECOND_NS};
    for (int i = 0; i < PATIENCE && writing > 0; i++)
        nanosleep(&pause, NULL);
}

/* `_exit`, since PID 1 of a container would survive its own signal. */
static _Noreturn void end(const struct fault *fault)
{
    stage = STAGE_ENDING;
    writing--;
    if (options.ends)
        options.ends(fault->at);
    wait_for_others();
    fault_flush(true);
    log_flush_if_free();
    _exit(128 + fault->signal);
}

/* The handler itself faulted: on a damaged stack, or on a request that cannot be read. What it has
 * of the first fault is written, and nothing is contained. */
static _Noreturn void end_within(int signal)
{
    struct walk *walk = walking;
    const struct record *record = begun;
    if (stage == STAGE_ENDING || !walk)
        _exit(128 + signal);
    if (stage == STAGE_WALKING) {
        stage = STAGE_WRITING;
        if (!walk->fault->frame_count)
            add_frame(walk->fault, walk->pc);
        write_record(walk->fault, walk->frame, 0);
    } else if (record) {
        begun = NULL;
        record_close(record, record_append(record, TEXT("{}\n")));
    }
    end(walk->fault);
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
    struct fault outside = {.frame_count =
                                0}; /* of what nothing contains: the process ends with it */
    if (stage)
        end_within(signal);
    writing++;
    struct fault_frame *frame = innermost;
    struct walk walk = {.fault = frame ? &frame->fault : &outside, .frame = frame};
    read_fault(walk.fault, info);
    walking = &walk;
    stage = STAGE_WALKING;
    walk_stack(&walk, context);
    struct fault_frame *container = is_of_ours(info) && may_contain(&walk) ? frame : NULL;
    uint64_t key = container ? key_of(walk.fault, container->context) | 1 : 0;
    stage = STAGE_WRITING;
    write_record(walk.fault, frame, key);
    if (container) {
        writing--;
        innermost = container->outer;
        walking = NULL;
        stage = STAGE_NONE;
        siglongjmp(container->place, 1);
    }
    end(walk.fault);
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
    options = *wanted;
    record_find_images();
    if (SANITIZED)
        return;
    struct sigaction action = {.sa_sigaction = on_fault,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    raisers[0] = extent_of("abort");
    raisers[1] = extent_of("raise");
    last_words = (struct last_words *const *)dlsym(RTLD_DEFAULT, "__abort_msg");
    _Unwind_Backtrace(stop_at_once, NULL); /* what it does once, it does now */
    guard_thread();
    for (size_t i = 0; i < FAULTS; i++)
        sigaction(faults[i], &action, NULL);
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
