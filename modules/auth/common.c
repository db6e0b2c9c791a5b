/* Passwords that many people have: words they think of first, runs of keys, and either with digits,
 * signs and a capital letter about it. */
#include <stdlib.h>
#include <string.h>

#include "auth/passwords.h"
#include "base/arena.h"

/* Sorted. */
static const char *const words[] = {
    "aaaa",       "aaaaaa",     "aaaaaaaa",   "abc",           "abcabc",
    "abcd",       "abcde",      "abcdef",     "abcdefg",       "abcdefgh",
    "access",     "achilles",   "admin",      "administrator", "airforce",
    "alexandre",  "amanda",     "amazon",     "america",       "andrew",
    "android",    "ange",       "angel",      "angels",        "anthony",
    "antoine",    "anything",   "apollo",     "apple",         "april",
    "aragorn",    "army",       "arsenal",    "arthur",        "asdasd",
    "asdf",       "asdfgh",     "asdfghjkl",  "ashley",        "athena",
    "august",     "aurelie",    "autumn",     "azerty",        "azertyuiop",
    "baby",       "babyboy",    "babygirl",   "bailey",        "banana",
    "barbie",     "barcelona",  "barfoo",     "baseball",      "basketball",
    "batman",     "beach",      "bear",       "beer",          "berlin",
    "bestfriend", "bienvenue",  "biscuit",    "bisous",        "blahblah",
    "blessed",    "blink",      "blizzard",   "bonjour",       "boston",
    "brazil",     "brother",    "burger",     "business",      "buster",
    "butterfly",  "cabin",      "california", "camaro",        "camille",
    "canada",     "candy",      "captain",    "caramel",       "caroline",
    "catherine",  "celine",     "champion",   "change",        "changeme",
    "charlie",    "charlotte",  "cheese",     "chelsea",       "cherry",
    "cheval",     "chicago",    "chicken",    "chocolate",     "chouchou",
    "christ",     "citroen",    "coffee",     "college",       "company",
    "computer",   "contrasena", "cookie",     "corvette",      "cottage",
    "coucou",     "cougar",     "cricket",    "cupcake",       "daddy",
    "dallas",     "daniel",     "daniela",    "database",      "december",
    "default",    "demo",       "denver",     "desktop",       "devil",
    "diamond",    "doctor",     "doggy",      "dollar",        "dolphin",
    "donald",     "doudou",     "dragon",     "driver",        "eagle",
    "eagles",     "eclipse",    "edc",        "elizabeth",     "emily",
    "eminem",     "emma",       "england",    "everton",       "everything",
    "example",    "facebook",   "faith",      "falcon",        "famille",
    "family",     "father",     "february",   "ferrari",       "florian",
    "florida",    "flower",     "foobar",     "football",      "forest",
    "forever",    "fortnite",   "france",     "freedom",       "friday",
    "friend",     "friends",    "frodo",      "gabriel",       "galaxy",
    "gamer",      "gandalf",    "garden",     "general",       "george",
    "germany",    "ginger",     "god",        "golden",        "golf",
    "google",     "guest",      "guillaume",  "guitar",        "hacker",
    "hallo",      "hannah",     "happy",      "harley",        "harleydavidson",
    "haslo",      "heaven",     "hello",      "hercules",      "hobbit",
    "hockey",     "holiday",    "holidays",   "home",          "honda",
    "honey",      "hotel",      "house",      "hugo",          "hunter",
    "hurricane",  "icecream",   "iloveyou",   "internet",      "iphone",
    "ironman",    "isabella",   "isabelle",   "island",        "italia",
    "january",    "jennifer",   "jessica",    "jesus",         "jetaime",
    "jordan",     "joshua",     "jtm",        "jules",         "julie",
    "julien",     "july",       "june",       "jupiter",       "juventus",
    "katherine",  "killer",     "kitten",     "kitty",         "laptop",
    "legolas",    "letme",      "letmein",    "letting",       "lettings",
    "liberte",    "liberty",    "lightning",  "linux",         "lion",
    "liverpool",  "lkjhgf",     "login",      "london",        "louis",
    "loulou",     "love",       "lovely",     "loveme",        "loveyou",
    "lucas",      "lucifer",    "lucky",      "luigi",         "maggie",
    "magic",      "maman",      "manager",    "march",         "marine",
    "mario",      "marseille",  "martine",    "master",        "mathilde",
    "matrix",     "matthew",    "maxime",     "mercedes",      "mercury",
    "merlin",     "metallica",  "mexico",     "michael",       "michelle",
    "mickey",     "microsoft",  "midnight",   "minecraft",     "minnie",
    "mnbvcxz",    "mommy",      "monday",     "money",         "monkey",
    "moonlight",  "motdepasse", "mother",     "mountain",      "muffin",
    "music",      "mustang",    "mysql",      "mystery",       "nathalie",
    "navy",       "newyork",    "nicolas",    "nicole",        "ninja",
    "nirvana",    "nissan",     "nobody",     "nothing",       "nounou",
    "november",   "number",     "nurse",      "ocean",         "october",
    "office",     "olivia",     "one",        "oneone",        "onion",
    "open",       "opensesame", "oracle",     "orange",        "p4ssword",
    "pa55word",   "pacman",     "panther",    "papa",          "paris",
    "parola",     "pascal",     "pass",       "pass1word",     "passcode",
    "passwd",     "password",   "passwort",   "patrick",       "pauline",
    "peace",      "peanut",     "pepper",     "peugeot",       "philippe",
    "phoenix",    "piano",      "pickle",     "pilot",         "pizza",
    "player",     "poiuyt",     "pokemon",    "police",        "pookie",
    "porsche",    "potato",     "power",      "princess",      "private",
    "pumpkin",    "puppy",      "purple",     "qaz",           "qazwsx",
    "qazwsxedc",  "qweqwe",     "qwerty",     "qwertyuiop",    "qwertz",
    "qwertzuiop", "rabbit",     "rainbow",    "ranger",        "raphael",
    "realmadrid", "renault",    "rich",       "river",         "robert",
    "roblox",     "romain",     "root",       "rugby",         "russia",
    "samantha",   "sample",     "samsung",    "samurai",       "sandrine",
    "satan",      "saturn",     "sausage",    "school",        "scooby",
    "scooter",    "scorpion",   "secret",     "secure",        "security",
    "september",  "server",     "sesame",     "shadow",        "shark",
    "silver",     "sister",     "slipknot",   "smile",         "snake",
    "snoopy",     "snow",       "snowball",   "soccer",        "soldier",
    "soleil",     "somebody",   "something",  "sonic",         "sophia",
    "sophie",     "spider",     "spiderman",  "spring",        "starlight",
    "starwars",   "stephanie",  "storm",      "strawberry",    "strong",
    "student",    "sugar",      "summer",     "sunday",        "sunshine",
    "superman",   "suzuki",     "sweetheart", "system",        "teacher",
    "temp",       "temporary",  "tennis",     "tequila",       "test",
    "tester",     "testing",    "texas",      "thomas",        "three",
    "thunder",    "tiger",      "tigger",     "tinker",        "tinkerbell",
    "tomato",     "tornado",    "toyota",     "travel",        "trustme",
    "trustno",    "twilight",   "twitter",    "two",           "ubuntu",
    "unicorn",    "university", "user",       "username",      "vacation",
    "venus",      "veronique",  "victoria",   "victory",       "villa",
    "vodka",      "volvo",      "wachtwoord", "welcome",       "whatever",
    "whisky",     "william",    "windows",    "wine",          "winner",
    "winter",     "wizard",     "wolf",       "work",          "wsx",
    "wsxedc",     "xxxx",       "xxxxxx",     "yamaha",        "yellow",
    "youtube",    "zaq",        "zelda",      "zeus",          "zxcvbn",
    "zxcvbnm",    "zzzzzz",
};

static int compare_words(const void *key, const void *item)
{
    return text_compare(*(const struct text *)key, text_of(*(const char *const *)item));
}

static bool is_word(struct text text)
{
    return bsearch(&text, words, sizeof words / sizeof *words, sizeof *words, compare_words);
}

/* "p4$$w0rd": the letter that a digit or sign stands for. */
static char letter_of(char c)
{
    static const char pairs[] = "4a@a3e1i!i0o5s$s7t";
    if (c >= 'A' && c <= 'Z')
        return (char)(c - 'A' + 'a');
    for (size_t i = 0; pairs[i]; i += 2)
        if (pairs[i] == c)
            return pairs[i + 1];
    return c;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* Without what stands before and behind its letters. */
static struct text core_of(struct text text)
{
    size_t from = 0;
    size_t to = text.length;
    while (from < to && !is_letter(text.at[from]))
        from++;
    while (to > from && !is_letter(text.at[to - 1]))
        to--;
    return text_part(text, from, to);
}

static struct text spelt(struct arena *arena, struct text text)
{
    char *out = text_string(arena, text);
    for (size_t i = 0; i < text.length; i++)
        out[i] = letter_of(out[i]);
    return (struct text){out, text.length};
}

/* "aaaaaaaa", "12121212", "abcabcabc": made of a part of at most three, again and again. */
static bool is_repeated(struct text text)
{
    for (size_t part = 1; part <= 3 && part < text.length; part++) {
        size_t i = part;
        while (i < text.length && text.at[i] == text.at[i - part])
            i++;
        if (i == text.length)
            return true;
    }
    return false;
}

/* "12345678", "87654321", "stuvwxyz". */
static bool is_run(struct text text)
{
    int step = text.length > 1 ? text.at[1] - text.at[0] : 0;
    if (step != 1 && step != -1)
        return false;
    for (size_t i = 2; i < text.length; i++)
        if (text.at[i] - text.at[i - 1] != step && text.at[i] != '0')
            return false;
    return true;
}

bool password_is_common(struct arena *arena, struct text password)
{
    struct text core = core_of(password);
    return is_word(spelt(arena, password)) || is_word(spelt(arena, core)) || is_repeated(password)
           || is_run(password);
}
