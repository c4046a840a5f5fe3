package richtext_test

import (
	"strings"
	"testing"

	"golang.org/x/net/html"

	"surveyflow/internal/pipedtext"
	"surveyflow/internal/richtext"
)

func TestClean_keeps_the_safe_subset_in_one_spelling(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"plain text", "Is 3 < 5 & \"x\"?\nYes.", "Is 3 < 5 & \"x\"?\nYes."},
		{"angle brackets that are no markup", "Dear <name>, 3 <4> 5", "Dear <name>, 3 <4> 5"},
		{"an entity in plain text", "Tom &amp; Jerry", "Tom &amp; Jerry"},
		{"one paragraph", "<p>How was it?</p>", "How was it?"},
		{"one paragraph with a break", "<div>One<br/>Two</div>", "One\nTwo"},
		{"formatting", "<P>A <b>bold</b>, <i class=x>slanted</i> and <u>lined</u> word", "<p>A <strong>bold</strong>, <em>slanted</em> and <u>lined</u> word</p>"},
		{"lists", "<ul><li>a<li>b</ul><ol><li>c</li></ol>", "<ul><li>a</li><li>b</li></ul><ol><li>c</li></ol>"},
		{"headings", "<h1>Part</h1><h6>Small</h6>", "<h3>Part</h3><h3>Small</h3>"},
		{"a link", `<a href="https://example.com/a?b=1&amp;c=2" target="_top" onclick="x()">here</a>`, `<a href="https://example.com/a?b=1&amp;c=2">here</a>`},
		{"a link to an address of mail", `<a href="mailto:ada@example.com">Ada</a>`, `<a href="mailto:ada@example.com">Ada</a>`},
		{"a link that runs a script", `<b>a</b><a href="javascript:alert(1)">b</a><a href=" java	script:x">c</a>`, `<strong>a</strong>bc`},
		{"a link without a site", `<b>a</b><a href="/account">b</a><a href="//evil.example">c</a>`, `<strong>a</strong>bc`},
		{"a script", `<b>a</b><script>alert(1)</script><style>*{}</style>`, `<strong>a</strong>`},
		{"an event", `<p onmouseover=alert(1)>a</p><p>b</p>`, `<p>a</p><p>b</p>`},
		{"a picture", `<b>a</b><img src=x onerror=alert(1)>`, `<strong>a</strong>`},
		{"foreign content", `<b>a</b><svg><style><img src=x onerror=alert(1)></style></svg><math><mi>x`, `<strong>a</strong>x`},
		{"what was never closed or opened", `</p></li><strong>a<em>b</strong>c`, `<p></p><strong>a<em>b</em></strong><em>c</em>`},
		{"a form", `<form action=//evil><input name=token><b>a</b></form>`, `<strong>a</strong>`},
		{"a comment", `<b>a</b><!-- <script>x</script> -->`, `<strong>a</strong>`},
		{"markup that is meant as text", "&lt;b&gt; makes <b>bold</b>", "&lt;b&gt; makes <strong>bold</strong>"},
		{"markup that is all meant as text", "<p>&lt;b&gt; makes bold</p>", "<p>&lt;b&gt; makes bold</p>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := richtext.Clean(tt.in)
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			if again := richtext.Clean(got); again != got {
				t.Errorf("cleaning again made %s", again)
			}
		})
	}
}

func TestPlain_says_the_same_without_formatting(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want, line string }{
		{"plain text stays", "3 < 5\n & more", "3 < 5\n & more", "3 < 5 & more"},
		{"paragraphs", "<p>One</p><p>Two &amp; <b>three</b></p>", "One\nTwo & three", "One Two & three"},
		{"a list", "Choose:<ul><li>a</li><li>b</li></ul>now", "Choose:\na\nb\nnow", "Choose: a b now"},
		{"breaks", "<b>One</b><br>Two<br><br><br>Three", "One\nTwo\n\nThree", "One Two Three"},
		{"lines of the markup", "<p>One\n  two</p>\n\n<p>three</p>", "One two\nthree", "One two three"},
		{"the words of a link", `See <a href="https://example.com">our page</a>.`, "See our page.", "See our page."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := richtext.Plain(tt.in); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if got := richtext.Line(tt.in); got != tt.line {
				t.Errorf("on one line: got %q, want %q", got, tt.line)
			}
		})
	}
}

func TestFromHTML_reads_entities_where_no_tag_stands(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Tom &amp; Jerry": "Tom & Jerry", "&lt;b&gt;": "<p>&lt;b&gt;</p>", "a&nbsp;b": "a\u00a0b", "": "",
	} {
		if got := richtext.FromHTML(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestHTML_opens_links_beside_the_survey(t *testing.T) {
	t.Parallel()
	got := richtext.HTML(`<a href="https://example.com/">a</a> <a href="mailto:a@example.com">b</a>`)
	want := `<a href="https://example.com/" target="_blank" rel="noopener noreferrer nofollow">a</a> <a href="mailto:a@example.com">b</a>`
	if got != want {
		t.Errorf("got %s", got)
	}
}

func TestPipe_puts_values_in_as_text(t *testing.T) {
	t.Parallel()
	values := pipedtext.SourceFunc(func(r pipedtext.Ref) pipedtext.Value {
		switch r.Name {
		case "name":
			return pipedtext.Text(`<b>Ada</b> & "co"`)
		case "lines":
			return pipedtext.Text("one\ntwo")
		case "token":
			return pipedtext.Text("${e://Field/name}")
		case "url":
			return pipedtext.Text("javascript:alert(1)")
		case "path":
			return pipedtext.Text("../x?a=1&b=<")
		}
		return pipedtext.Value{}
	})
	tests := []struct{ name, in, stored, plain string }{
		{"in plain text", "Hi ${e://Field/none}there, ${e://Field/lines}", "Hi there, one\ntwo", "Hi there, one\ntwo"},
		{"markup in plain text", "Hi ${e://Field/name}", `<p>Hi &lt;b&gt;Ada&lt;/b&gt; &amp; &#34;co&#34;</p>`, `Hi <b>Ada</b> & "co"`},
		{"markup in HTML", "<b>Hi</b> ${e://Field/name|raw}", `<strong>Hi</strong> &lt;b&gt;Ada&lt;/b&gt; &amp; &#34;co&#34;`, `Hi <b>Ada</b> & "co"`},
		{"lines in HTML", "<p>a</p><p>${e://Field/lines}</p>", "<p>a</p><p>one<br>two</p>", "a\none\ntwo"},
		{"lines in HTML without an element around", "<b>a</b> ${e://Field/lines}", "<strong>a</strong> one<br>two", "a one\ntwo"},
		{"one pass", "<b>a</b> ${e://Field/token}", "<strong>a</strong> ${e://Field/name}", "a ${e://Field/name}"},
		{"in a path", `<a href="https://x.example/${e://Field/path}">a</a>`, `<a href="https://x.example/..%2Fx%3Fa%3D1%26b%3D%3C">a</a>`, "a"},
		{"in a query", `<a href="https://x.example/?q=${e://Field/path}&amp;r=1">a</a>`, `<a href="https://x.example/?q=..%2Fx%3Fa%3D1%26b%3D%3C&amp;r=1">a</a>`, "a"},
		{"in a mail", `<a href="mailto:a@x.example?subject=${e://Field/path}">a</a>`, `<a href="mailto:a@x.example?subject=..%2Fx%3Fa%3D1%26b%3D%3C">a</a>`, "a"},
		{"as a whole link", `<b>x</b> <a href="${e://Field/url}">a</a>`, `<strong>x</strong> a`, "x a"},
		{"as the site of a link", `<b>x</b> <a href="https://${e://Field/url}/">a</a><a href="https://x.example${e://Field/url}">b</a>`, `<strong>x</strong> ab`, "x ab"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := richtext.Pipe(tt.in, values)
			if got != tt.stored {
				t.Errorf("got  %s\nwant %s", got, tt.stored)
			}
			if plain := richtext.Plain(got); plain != tt.plain {
				t.Errorf("in plain text: %q, want %q", plain, tt.plain)
			}
		})
	}
}

// FuzzHTML holds whatever is printed to the elements and attributes of the subset, every element closed.
func FuzzHTML(f *testing.F) {
	for _, seed := range []string{
		`<b>a</b><script>alert(1)</script>`, `<a href="java&#115;cript:x">`, `<p><svg><p><style><!--</style><img title="--><img src=x onerror=x>">`,
		`</p></div><ul>`, `<a href='https://x"onx=1'>`, "<noscript><p title='</noscript><b onx>'>", "plain <name>", `<a href="mailto:${e://Field/a b}">`,
	} {
		f.Add(seed)
	}
	attributes := map[string]string{"href": "", "target": "_blank", "rel": "noopener noreferrer nofollow"}
	f.Fuzz(func(t *testing.T, text string) {
		stored := richtext.Clean(text)
		if again := richtext.Clean(stored); again != stored {
			t.Fatalf("cleaning %q again made %q", stored, again)
		}
		for _, printed := range []string{richtext.HTML(text), richtext.HTML(stored), richtext.HTML(richtext.Pipe(text, pipedtext.SourceFunc(func(pipedtext.Ref) pipedtext.Value { return pipedtext.Text(text) })))} {
			depth := []string{}
			z := html.NewTokenizer(strings.NewReader(printed))
			for kind := z.Next(); kind != html.ErrorToken; kind = z.Next() {
				token := z.Token()
				switch kind {
				case html.StartTagToken:
					if !strings.Contains(" p br strong em u ul ol li a h3 blockquote ", " "+token.Data+" ") {
						t.Fatalf("%q has an element %s", printed, token.Data)
					}
					if token.Data != "br" {
						depth = append(depth, token.Data)
					}
					for _, a := range token.Attr {
						want, known := attributes[a.Key]
						if !known || want != "" && a.Val != want || a.Key == "href" && !strings.HasPrefix(strings.ToLower(a.Val), "http") && !strings.HasPrefix(strings.ToLower(a.Val), "mailto:") {
							t.Fatalf("%q has an attribute %s=%q", printed, a.Key, a.Val)
						}
					}
				case html.EndTagToken:
					if len(depth) == 0 || depth[len(depth)-1] != token.Data {
						t.Fatalf("%q closes %s, which is not open", printed, token.Data)
					}
					depth = depth[:len(depth)-1]
				case html.TextToken:
				default:
					t.Fatalf("%q has a %s", printed, kind)
				}
			}
			if len(depth) > 0 {
				t.Fatalf("%q leaves %v open", printed, depth)
			}
		}
	})
}

func BenchmarkHTML(b *testing.B) {
	text := "<p>How <strong>likely</strong> are you to recommend us to <em>a friend</em>?</p><ul><li>a</li><li>b</li></ul><p>See <a href=\"https://example.com\">here</a>.</p>"
	for b.Loop() {
		richtext.HTML(text)
	}
}
