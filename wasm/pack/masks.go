package pack

const (
	contexts = 8
	mixers   = 6
)

// masks are the contexts of a byte outside of code, of an op code and of an immediate, and behind
// those of each class what its mixers go by. Found
// by a search over the cores of the day (random changes, kept where the code got shorter):
// others work as well, with a longer code.
var masks = [3 * (contexts + mixers)]uint16{
	1<<key | 1<<part | 1<<o0 | 1<<l1 | 1<<depth,
	1<<key | 1<<part | 1<<h0 | 1<<l0 | 1<<l1 | 1<<stk,
	1<<h0 | 1<<h1 | 1<<stk,
	1<<key | 1<<part | 1<<h1 | 1<<h2 | 1<<h3 | 1<<o0 | 1<<l0 | 1<<l1 | 1<<stk,
	1<<same | 1<<depth | 1<<word,
	1<<key | 1<<h1 | 1<<stk,
	1<<part | 1<<h2 | 1<<h3 | 1<<depth | 1<<word,
	1<<key | 1<<h0 | 1<<h1 | 1<<h2 | 1<<o3 | 1<<same | 1<<stk,
	1 << key,
	1<<key | 1<<h0 | 1<<o1 | 1<<o3 | 1<<l0 | 1<<l1 | 1<<depth,
	1<<key | 1<<part | 1<<h1,
	1<<key | 1<<o0,
	1<<key | 1<<part | 1<<o0 | 1<<depth | 1<<word,
	1<<part | 1<<h2 | 1<<o3 | 1<<depth,

	1<<part | 1<<o0 | 1<<stk,
	1<<o0 | 1<<o1 | 1<<o2,
	1<<part | 1<<h2 | 1<<o0 | 1<<o1 | 1<<stk | 1<<word,
	1<<key | 1<<h0 | 1<<h1 | 1<<o0 | 1<<o1 | 1<<o2 | 1<<o3 | 1<<same | 1<<depth,
	1<<o0 | 1<<o1 | 1<<o2 | 1<<o3,
	1<<key | 1<<part | 1<<depth,
	1<<h0 | 1<<h3 | 1<<depth | 1<<stk | 1<<word,
	1<<key | 1<<part | 1<<h0 | 1<<h1 | 1<<word,
	1 << key,
	1<<key | 1<<depth,
	1 << stk,
	1<<key | 1<<h1 | 1<<o0 | 1<<stk,
	1<<h0 | 1<<h3 | 1<<stk,
	1<<o0 | 1<<o1 | 1<<stk | 1<<word,

	1<<part | 1<<h0 | 1<<same | 1<<word,
	1 << h0,
	1<<h3 | 1<<o1 | 1<<l0 | 1<<stk | 1<<word,
	1<<h2 | 1<<o0 | 1<<word,
	1<<key | 1<<h1 | 1<<o0 | 1<<o1,
	1<<part | 1<<word,
	1<<h0 | 1<<o0 | 1<<o1 | 1<<o2 | 1<<o3 | 1<<same | 1<<word,
	1<<part | 1<<h0 | 1<<o0 | 1<<o1 | 1<<o2 | 1<<o3 | 1<<l0 | 1<<l1 | 1<<depth | 1<<stk,
	0, // by the contexts known alone
	1<<key | 1<<depth,
	1<<key | 1<<h2,
	1<<h1 | 1<<word,
	1 << h0,
	1<<key | 1<<o2,
}
