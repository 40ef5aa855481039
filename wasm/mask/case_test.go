package mask_test

import (
	"testing"

	"afterimage/wasm/mask"
)

// What was typed, shown in another case, with its accents apart or without them, in alphabets of their own rules.
func TestTypedInOtherCase(t *testing.T) {
	for _, c := range [][2]string{
		{"Ștefănescu", "ȘTEFĂNESCU"}, {"Nguyễn Đức", "NGUYỄN ĐỨC"}, {"nguyễn", "Nguye\u0302\u0303n"}, {"Γιώργος", "ΓΙΏΡΓΟΣ"}, {"Γιώργος", "ΓΙΩΡΓΟΣ"},
		{"Ґалаґан", "ҐАЛАҐАН"}, {"Արամյան", "ԱՐԱՄՅԱՆ"}, {"Әлімқұлов", "ӘЛІМҚҰЛОВ"}, {"Weißmüller", "WEISSMÜLLER"}, {"Jürgensen", "Ju\u0308rgensen"},
		{"Ju\u0308rgensen", "Jürgensen"}, {"Łukasik", "lukasik"}, {"Yıldırım", "YILDIRIM"}, {"İbrahimov", "ibrahimov"}, {"гиорги й", "ГИОРГИ И\u0306"},
		{"აბგდევ", "ᲐᲑᲒᲓᲔᲕ"}, {"Ƙwankwaso", "ƙwankwaso"}, {"Məmmədov", "MƏMMƏDOV"}, {"Thaÿsen", "THAŸSEN"},
		{"Jürgensen", "Juergensen"}, {"Jürgensen", "jurgensen"}, {"Ju\u0308rgensen", "JUERGENSEN"}, {"Kjærgaard", "kjaergaard"}, {"Bjørnsen", "bjoernsen"},
		{"Œuvrard", "oeuvrard"}, {"WEIẞMÜLLER", "weissmueller"}, {"Jörg Müller", "Mueller"}, {"ひらがなです", "ヒラガナデス"}, {"タナカタロウ", "たなかたろう"},
		{"Ａｂｃｄｅｆｇ", "ａｂｃｄｅｆｇ"},
		{"أحمد", "أَحْمَد"}, {"احمد علي", "أحمد عليّ"}, {"אברהם", "אַבְרָהָם"},
	} {
		p := mask.New(mask.Balanced)
		p.Typed(1, []byte(c[0]))
		if got := string(p.Text([]byte("by "+c[1]+" now"), mask.Shown).Bytes()); got == "by "+c[1]+" now" || got[:3] != "by " || got[len(got)-4:] != " now" {
			t.Errorf("%s typed: %q became %q", c[0], "by "+c[1]+" now", got)
		}
	}
}

// Of an address that was typed its host and the names in its path.
func TestTypedAddresses(t *testing.T) {
	for _, c := range []struct{ typed, in, want string }{
		{"https://code.example/zanthorpe", "https://code.example/zanthorpe", "https://x.x/x"},
		{"https://code.example/zanthorpe", "/zanthorpe/about", "/x/about"},
		{"www.zanthorpe.example", "https://zanthorpe.example/about", "https://x.x/about"},
		{"jane@zanthorpe.example", "https://www.zanthorpe.example/", "https://www.x.x/"},
		{"jane zanthorpe", "https://a.example/jane/zanthorpe", "https://a.example/x/x"},
		{"https://code.example/about", "https://other.example/about", "https://other.example/about"},
		{"v1.5/2", "https://other.example/about", "https://other.example/about"},
		{"https://code.example/zanthorpe,Quillfeather", "/quillfeather/zanthorpe", "/x/x"},
		{"https://code.example/a;Quillfeather;zanthorpe", "/quillfeather/zanthorpe", "/x/x"},
		{"https://code.example/u?mail=quillfeather@zanthorpe.example", "https://zanthorpe.example/quillfeather", "https://x.x/x"},
		{"https://code.example:8443/zanthorpe", "https://code.example/zanthorpe", "https://x.x/x"},
		{"https://10.1.2.3/zanthorpe", "/zanthorpe", "/x"},
		{"http://zanthorpe:3000/quillfeather", "https://zanthorpe/quillfeather", "https://x/x"},
		{"https://quillfeather:zanthorpe@code.example/mumbleside", "/quillfeather/zanthorpe/mumbleside", "/x/x/x"},
		{"git@code.example:zanthorpe/app.git", "https://code.example/zanthorpe", "https://x.x/x"},
		{"https://code.example/@zanthorpe", "/zanthorpe", "/x"},
		{"Müllerin", "/muellerin", "/x"},
		{"jane@mail.example, zanthorpe@quillfeather.example", "https://quillfeather.example/zanthorpe/jane", "https://x.x/x/x"},
		{"jane@mail.example;zanthorpe@quillfeather.example", "https://quillfeather.example/zanthorpe", "https://x.x/x"},
	} {
		p := mask.New(mask.Balanced)
		p.Typed(1, []byte(c.typed))
		if got := string(p.URL([]byte(c.in), mask.Shown).Bytes()); got != c.want {
			t.Errorf("%s typed: %s became %s, want %s", c.typed, c.in, got, c.want)
		}
	}
}

// A number that was typed, in an attribute of numbers.
func TestTypedNumberInAttributes(t *testing.T) {
	p := mask.New(mask.Balanced)
	p.Typed(1, []byte("48213"))
	e := mask.Element{Tag: mask.TagPlain, Mode: mask.Shown}
	if _, v, ok := p.Attr(e, []byte("start"), []byte("48213")); ok {
		t.Errorf("start became %q", v.Bytes())
	}
	if _, v, ok := p.Attr(e, []byte("start"), []byte("48214")); !ok || string(v.Bytes()) != "48214" {
		t.Errorf("another start became %q", v.Bytes())
	}
}

// Strings of a style that are an address together.
func TestStringsBesideEachOther(t *testing.T) {
	p := mask.New(mask.Balanced)
	if got := string(p.CSS([]byte(`a{content:"zanthorpe" "@" "mail.example"}b{content:"one" " of " "two"}`), mask.Shown).Bytes()); got != `a{content:"xxxxxxxxxx" "@" "xxxxxxxxxx"}b{content:"one" " of " "two"}` {
		t.Error(got)
	}
}

// Where no blanks stand between words, a name stands in the middle of a text.
func TestTypedWithoutBlanks(t *testing.T) {
	for _, c := range [][3]string{
		{"山田", "山田様、こんにちは", "ｘｘ様、こんにちは"}, {"太郎", "こんにちは山田太郎様", "こんにちは山田ｘｘ様"}, {"이준", "이준님 안녕하세요", "ｘｘ님 안녕하세요"},
		{"李娜", "尊敬的李娜女士", "尊敬的ｘｘ女士"}, {"สมชาย", "สวัสดีสมชายครับ", "สวัสดีxxxxครับ"}, {"日", "日本", "日本"}, {"Lena", "Helenas", "Helenas"},
	} {
		p := mask.New(mask.Balanced)
		p.Typed(1, []byte(c[0]))
		if got := string(p.Text([]byte(c[1]), mask.Shown).Bytes()); got != c[2] {
			t.Errorf("%s typed: %s became %s, want %s", c[0], c[1], got, c[2])
		}
	}
}

// A field that is typed on in takes no memory anew.
func TestTypedAddsNoMemory(t *testing.T) {
	p := mask.New(mask.Balanced)
	values := [][]byte{[]byte("Weißmüller Straße"), []byte("https://code.example/zanthorpe"), []byte("Ju\u0308rgensen"), []byte("山田太郎")}
	address := []byte("https://a.example/b")
	for _, v := range values {
		p.Typed(1, v)
	}
	if n := testing.AllocsPerRun(100, func() {
		for _, v := range values {
			p.Typed(1, v)
			p.URL(address, mask.Shown)
		}
	}); n > 0 {
		t.Errorf("%v allocations a round, want none", n)
	}
}
