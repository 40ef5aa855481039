package pack

const contexts = 8

// masks are the contexts of a byte outside of code, of an op code and of an immediate. Found
// by a search over the cores of the day (random changes, kept where the code got shorter):
// others work as well, with a longer code.
var masks = [3 * contexts]uint16{
	1<<key | 1<<part | 1<<o0 | 1<<l1 | 1<<depth,
	1<<key | 1<<part | 1<<h0 | 1<<same | 1<<l1 | 1<<stk,
	1<<h0 | 1<<h1 | 1<<stk,
	1<<key | 1<<part | 1<<h1 | 1<<h2 | 1<<h3 | 1<<o0 | 1<<l0 | 1<<l1 | 1<<stk,
	1<<same | 1<<depth | 1<<word,
	1<<key | 1<<h1 | 1<<stk,
	1<<h3 | 1<<o1 | 1<<o2 | 1<<o3 | 1<<same | 1<<l0 | 1<<word,
	1<<key | 1<<part | 1<<h0 | 1<<h1 | 1<<h2 | 1<<o3 | 1<<same | 1<<stk,

	1<<key | 1<<part | 1<<o0 | 1<<stk,
	1<<h0 | 1<<o0 | 1<<depth,
	1<<h2 | 1<<o0 | 1<<o1 | 1<<stk | 1<<word,
	1<<key | 1<<h0 | 1<<h1 | 1<<o0 | 1<<o1 | 1<<o2 | 1<<o3 | 1<<depth | 1<<stk,
	1<<o0 | 1<<o1 | 1<<o2 | 1<<o3,
	1<<key | 1<<part | 1<<depth,
	1<<h0 | 1<<h1 | 1<<h3 | 1<<depth | 1<<stk,
	1<<key | 1<<part | 1<<h0 | 1<<h1 | 1<<word,

	1<<part | 1<<h0 | 1<<same | 1<<word,
	1 << h0,
	1<<key | 1<<h3 | 1<<o0 | 1<<o1 | 1<<o2 | 1<<l0 | 1<<word,
	1<<key | 1<<h2 | 1<<o0 | 1<<word,
	1<<key | 1<<h1 | 1<<o0 | 1<<o1 | 1<<stk | 1<<word,
	1<<part | 1<<word,
	1<<h0 | 1<<o0 | 1<<o1 | 1<<o2 | 1<<o3 | 1<<same | 1<<word,
	1<<key | 1<<part | 1<<h0 | 1<<h1 | 1<<o1 | 1<<o2 | 1<<o3 | 1<<l0 | 1<<l1 | 1<<depth | 1<<stk,
}
