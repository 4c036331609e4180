package frontier

import (
	"strings"
	"testing"

	"candor/crawler/evidence"

	"github.com/google/go-cmp/cmp"
)

func TestExtractLinks(t *testing.T) {
	const page = `<!doctype html><title> A  title </title><base href="/dir/">
<link rel="canonical" href="https://a.test/the-page"><link rel="canonical" href="/second">
<link rel="stylesheet" href="/s.css"><link rel=alternate hreflang=de href="/de/">
<link rel="alternate" type="application/rss+xml" href="/feed"><link rel="privacy-policy" href="/rel-privacy">
<meta http-equiv="Refresh" content="5; URL='/refreshed'"><meta name=description content="url=/no">
<header><a href="h">  Head
 er </a></header>
<nav><a href="n">Nav</a></nav>
<main><article><a href="m">Main</a></article><a name=here>no link</a><a href="mailto:x@a.test">Mail</a></main>
<div class="site-Footer-links"><a href="f1">Privacy</a></div>
<footer><nav><a href="f2"><img src=x alt="Picture"></a><a href=f3 aria-label="Label"></a></nav></footer>
<div role=contentinfo><span><a href="f4" rel="NOFOLLOW">Role</a></span></div>
<map><area href="/area" alt="Area"></map><!-- <a href="/comment">no</a> -->
<script>document.write('<a href="/script">no</a>')</script>`
	p, err := extractLinks(mustURL(t, "https://a.test/x/y"), []byte(page))
	if err != nil {
		t.Fatal(err)
	}
	want := []evidence.Link{
		{URL: "https://a.test/de/", Region: "head", Rel: "alternate"},
		{URL: "https://a.test/rel-privacy", Region: "head", Rel: "privacy-policy"},
		{URL: "https://a.test/refreshed", Region: "head", Rel: "refresh"},
		{URL: "https://a.test/dir/h", Text: "Head er", Region: "header"},
		{URL: "https://a.test/dir/n", Text: "Nav", Region: "nav"},
		{URL: "https://a.test/dir/m", Text: "Main", Region: "article"},
		{URL: "https://a.test/dir/f1", Text: "Privacy", Region: "footer"},
		{URL: "https://a.test/dir/f2", Text: "Picture", Region: "footer"},
		{URL: "https://a.test/dir/f3", Text: "Label", Region: "footer"},
		{URL: "https://a.test/dir/f4", Text: "Role", Region: "footer", Rel: "nofollow"},
		{URL: "https://a.test/area", Text: "Area"},
	}
	if d := cmp.Diff(want, p.links); d != "" {
		t.Error(d)
	}
	if p.canonical != "https://a.test/the-page" || p.title != "A title" {
		t.Errorf("canonical %q, title %q", p.canonical, p.title)
	}
}

func TestExtractLinksIsBounded(t *testing.T) {
	p, err := extractLinks(mustURL(t, "https://a.test/"), []byte(strings.Repeat("<a href=/x>x</a>", 20_000)))
	if err != nil || len(p.links) != maxLinks {
		t.Errorf("%d links, %v", len(p.links), err)
	}
	if _, err := extractLinks(mustURL(t, "https://a.test/"), []byte(strings.Repeat("<div>", 100_000))); err == nil {
		t.Error("endless nesting was read")
	}
}

func TestRefreshTarget(t *testing.T) {
	for content, want := range map[string]string{
		"0;url=/x": "/x", "5 ; URL = '/x' ": "/x", `3, url="x y"`: "x y", "5": "", "5;": "", "5;/x": "", "": "", "0;url": "", "0;urlx=1": "",
	} {
		if got := refreshTarget(content); got != want {
			t.Errorf("refreshTarget(%q) = %q, want %q", content, got, want)
		}
	}
}

func TestPlainTextAndCovers(t *testing.T) {
	for in, want := range map[string]string{
		"  Privacy & Cookies » ": "privacy cookies", "Datenschutz\u00a0&\u00a0AGB": "datenschutz agb", "Children’s Privacy": "childrens privacy",
		"": "", "—": "", "\xff\xfeA": "a", "プライバシー・ポリシー": "プライバシー ポリシー",
	} {
		if got := plainText(in); got != want {
			t.Errorf("plainText(%q) = %q, want %q", in, got, want)
		}
	}
	for _, tt := range []struct {
		text, phrase string
		want         coverage
	}{
		{"privacy", "privacy", coverExact},
		{"privacy policy", "privacy", coverPrefix},
		{"our privacy policy", "privacy policy", coverPart},
		{"mypolicypage", "policy", coverInside},
		{"datenschutzinformation", "datenschutz", coverPart},
		{"hagbard", "agb", coverInside},
		{"termsheet", "terms", coverInside},
		{"cookies", "privacy", coverNone},
		{"", "privacy", coverNone},
		{"会社のプライバシーポリシー", "プライバシーポリシー", coverPart},
	} {
		if got := covers(tt.text, tt.phrase); got != tt.want {
			t.Errorf("covers(%q, %q) = %d, want %d", tt.text, tt.phrase, got, tt.want)
		}
	}
}

func TestPageKind(t *testing.T) {
	kinds := compile(testWords.PageKinds)
	for _, tt := range []struct{ path, text, want string }{
		{"/contact", "", "contact"},
		{"/x", "Contact us", "contact"},
		{"/de/kontakt.html", "Kontakt", "contact"},
		{"/company/jobs/42", "Engineer", "careers"},
		{"/blog/contact-lenses-explained", "Contact lenses explained", "contact"}, // text and address name it: a fault that a browser cannot know
		{"/x", "Read our blog", "blog"},
		{"/x", "Newsletter", "signup"},
		{"/contacts-list-of-everything", "", KindOther}, // near miss: only inside a word
		{"/jobsite", "", KindOther},
		{"/about", "About", KindOther},
		{"/x", "A very long teaser that mentions our jobs among many other things that nobody would ever read in full", KindOther},
	} {
		if got, _, score := pageKind(kinds, describe(mustURL(t, "https://a.test"+tt.path), tt.text)); got != tt.want {
			t.Errorf("pageKind(%q, %q) = %s (%d), want %s", tt.path, tt.text, got, score, tt.want)
		}
	}
}

func TestNoticeScores(t *testing.T) {
	s := NewScorer(testWords.Notices)
	best := func(c Candidate) string {
		kind, top := "", 0
		for _, k := range testWords.Notices {
			if score := s.Scores("https://a.test/", c)[k.Kind]; score > top {
				kind, top = k.Kind, score
			}
		}
		return kind
	}
	for _, tt := range []struct{ url, text, rel, want string }{
		{"/x", "Privacy Policy", "", "privacy"},
		{"/privacy-policy", "", "", "privacy"},
		{"/PrivacyPolicy.aspx", "here", "", "privacy"},
		{"/legal?doc=privacy-policy", "here", "", ""}, // a query alone is too little
		{"/x", "Datenschutzerklärung", "", "privacy"},
		{"/x", "プライバシーポリシー", "", "privacy"},
		{"/x", "Cookies", "", "cookie"},
		{"/x", "California Privacy Notice", "", "state"},
		{"/x", "Terms", "", "terms"},
		{"/x", "our terms", "terms-of-service", "terms"},
		{"/x", "", "privacy-policy", "privacy"},
		{"/x", "Privacy settings", "", ""},
		{"/blog/privacy-settings-explained", "Privacy settings explained", "", ""},
		{"/x", "About us", "", ""},
		{"mailto:privacy@a.test", "privacy", "", ""},
		{"/x", "https://a.test/privacy-of-others/x", "", ""}, // an address as text says nothing
	} {
		if got := best(Candidate{URL: tt.url, Text: tt.text, Rel: tt.rel}); got != tt.want {
			t.Errorf("%q %q: %q, want %q (%v)", tt.url, tt.text, got, tt.want, s.Scores("https://a.test/", Candidate{URL: tt.url, Text: tt.text, Rel: tt.rel}))
		}
	}
	for _, tt := range []struct {
		name        string
		more, fewer Candidate
	}{
		{"exact before part", Candidate{URL: "/a", Text: "Privacy Policy"}, Candidate{URL: "/b", Text: "Google's Privacy Policy for Advertisers"}},
		{"longer phrase", Candidate{URL: "/a", Text: "Privacy Policy"}, Candidate{URL: "/b", Text: "Privacy"}},
		{"footer", Candidate{URL: "/a", Text: "Privacy", Region: "footer"}, Candidate{URL: "/b", Text: "Privacy", Region: "main"}},
		{"own site", Candidate{URL: "/a", Text: "Privacy"}, Candidate{URL: "https://b.test/a", Text: "Privacy"}},
		{"page before sub-page", Candidate{URL: "/privacy", Text: "Privacy"}, Candidate{URL: "/help/faq/x/privacy", Text: "Privacy"}},
		{"sentence", Candidate{URL: "/a", Text: "Privacy policy"}, Candidate{URL: "/b", Text: "Privacy policy changes that we made last year and why they matter to each and every one of you"}},
	} {
		more, fewer := s.Scores("https://a.test/", tt.more)["privacy"], s.Scores("https://a.test/", tt.fewer)["privacy"]
		if more <= fewer {
			t.Errorf("%s: %d is not more than %d", tt.name, more, fewer)
		}
	}
	const named = "https://a.test/eu-privacy-notice" // as start page it is the notice that is meant
	self := s.Scores(named, Candidate{URL: named + "#top", Text: "EU privacy notice"})["privacy"]
	if other := s.Scores(named, Candidate{URL: "/privacy", Text: "Privacy"})["privacy"]; self <= other {
		t.Errorf("a start page that is a notice: %d, another notice: %d", self, other)
	}
	en := s.Scores("https://a.test/en/", Candidate{URL: "/en/privacy", Text: "Privacy"})["privacy"]
	de := s.Scores("https://a.test/en/", Candidate{URL: "/de/privacy", Text: "Privacy"})["privacy"]
	if en <= de {
		t.Errorf("same language %d, other language %d", en, de)
	}
}

func TestNoticesList(t *testing.T) {
	w := newWeb(map[string]string{
		"a.test/": `<main><a href="/x">Read the privacy policy of a friend</a><a href="https://host.test/p/9">Privacy policy</a><a href="https://host.test/about">about privacy</a></main>
<footer><a href="/terms">Terms</a><a href="/docs/notice.pdf">Privacy notice</a><a href="/privacy">Privacy policy</a><a href="/privacy/#top">Data protection</a></footer>`,
		"a.test/privacy": "", "a.test/terms": "", "a.test/x": "",
	})
	f := mustNew(t, options(w, "a.test"))
	items := crawl(t, w, f)
	for _, i := range items {
		if strings.Contains(i.URL, "host.test") || strings.Contains(i.URL, ".pdf") {
			t.Errorf("%s was handed out", i.URL)
		}
	}
	var got []string
	for _, n := range f.Notices() {
		mark := ""
		if n.OffSite {
			mark += " off"
		}
		if n.PDF {
			mark += " pdf"
		}
		got = append(got, n.Kind+" "+n.URL+mark)
	}
	want := []string{"privacy https://a.test/privacy", "privacy https://a.test/docs/notice.pdf pdf", "privacy https://host.test/p/9 off", "privacy https://a.test/x", "terms https://a.test/terms"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	from := []evidence.DocLink{{Page: "https://a.test/", Text: "Privacy policy", Region: "footer"}, {Page: "https://a.test/", Text: "Data protection", Region: "footer"}}
	if d := cmp.Diff(from, f.Notices()[0].LinkedFrom); d != "" {
		t.Error(d)
	}
}

func FuzzExtractLinks(f *testing.F) {
	for _, s := range []string{
		"<a href=/x>y</a>", "<base href=javascript:1><a href=?>", "<meta http-equiv=refresh content='0;url='>", "<footer><a href='//[::1'>x", "<a href=\xff>\xfe</a>", "<table><a href=x><tr><a href=y>", "<svg><a href=z><title>t",
		"<link rel='canonical privacy-policy' href=/p>", strings.Repeat("<b><nav class=footer>", 50) + "<a href=q>",
	} {
		f.Add([]byte(s))
	}
	scorer, kinds := NewScorer(testWords.Notices), compile(testWords.PageKinds)
	f.Fuzz(func(t *testing.T, body []byte) {
		base, err := parse(nil, "https://a.test/dir/")
		if err != nil {
			t.Fatal(err)
		}
		p, err := extractLinks(base, body)
		if err != nil {
			return
		}
		for _, l := range p.links {
			u, err := parse(nil, l.URL)
			if err != nil || u.String() != l.URL {
				t.Fatalf("link %q: %v", l.URL, err)
			}
			for _, k := range scorer.score(base, u, l.Text, l.Region, l.Rel) {
				if k.score < minNotice || k.score > 300 {
					t.Fatalf("score %d of %+v", k.score, l)
				}
			}
			pageKind(kinds, describe(u, l.Text))
		}
	})
}

func TestNamed(t *testing.T) {
	s := NewScorer([]KindWords{
		{Kind: "cookie", Texts: []string{"cookie policy"}},
		{Kind: "privacy", Texts: []string{"privacy policy", "privacy", "politique de confidentialité"}, Not: []string{"privacy fence"}},
	})
	for title, want := range map[string]string{
		"Privacy Policy": "privacy", "Privacy Policy | Fernhill": "privacy", "Fernhill - Privacy policy": "privacy", "Fernhill: Privacy": "privacy",
		"Cookie policy – Privacy – Fernhill": "cookie", "Politique de confidentialité · Fernhill": "privacy", "PRIVACY": "privacy",
		"Privacy-first analytics": "", "Why privacy matters | Fernhill": "", "Fernhill": "", "": "", "Privacy fence": "", "|||": "",
		strings.Repeat("Privacy policies of the world and more ", 20): "",
	} {
		if got := s.named(title); got != want {
			t.Errorf("%q: %q, want %q", title, got, want)
		}
	}
}
