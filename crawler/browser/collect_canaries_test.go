package browser

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"candor/crawler/evidence"
	"candor/crawler/webtest"
)

// testFilling types by names of fields that are data types.
var testFilling = Filling{
	Kind: func(_ *evidence.Form, f *evidence.Field) string {
		switch {
		case f.Type == "email", f.Type == "password":
			return f.Type
		case f.Type == "tel":
			return "phone"
		case f.Type == "date" || f.Name == "dob":
			return "date_of_birth"
		case strings.Contains(f.Name, "name"):
			return "name"
		case strings.Contains(f.Autocomplete, "cc-"):
			return "payment_card"
		}
		return ""
	},
	Value: func(kind string) string {
		return map[string]string{
			"email": "candortest@candor.example.com", "name": "Testa Candorova", "phone": "+12025550147", "date_of_birth": "1964-03-17",
			"password": "Candor-tufo-0815", "user_content": "A privacy test, reference zukumo",
		}[kind]
	},
}

func filler(t *testing.T, b *Browser) *Visitor {
	t.Helper()
	c, err := b.NewContext(t.Context(), evidence.StateNone)
	if err != nil {
		t.Fatal(err)
	}
	c.FillForms(testFilling)
	v := c.NewVisitor(t.Context())
	t.Cleanup(v.Close)
	return v
}

func canaries(res *Result) []string {
	var out []string
	for _, c := range res.Canaries {
		out = append(out, fmt.Sprintf("%s %s %s=%s", c.Form[strings.Index(c.Form, "/")+1:], c.Kind, c.Field, c.Value))
	}
	slices.Sort(out)
	return out
}

const filled = `
-- www.site.test/index.html --
<!doctype html><link rel="icon" href="data:,"><title>Forms</title>
<h1>Sign up</h1>
<form id="f" action="/signup" method="post">
 <label>First name <input name="firstname"></label> <label>Last name <input name="lastname"></label>
 <label>E-mail <input type="email" name="email" required></label>
 <label>Phone <input type="tel" name="phone" maxlength="14"></label>
 <label>Born <input type="date" name="born"></label>
 <label>Password <input type="password" name="pw"></label>
 <label>Message <textarea name="message"></textarea></label>
 <label>Name on card <input name="cardname" autocomplete="cc-name"></label>
 <input name="trap_name" style="position:absolute;left:-5000px"> <input name="nickname" value="given">
 <select name="name_select"><option>a</option><option>b</option></select> <input type="checkbox" name="name_box"> <input type="search" name="name_search">
 <button>Go</button></form>
<div id="host"></div>
<iframe src="https://frame.other.test/"></iframe>
<script>
 document.getElementById('host').attachShadow({mode:'open'}).innerHTML='<label>E-mail <input type="email" name="shadow"></label>';
 var seen=[], trusted=true;
 ['keydown','keyup','beforeinput','input','change','focusin','focusout'].forEach(function(k){document.addEventListener(k,function(e){trusted=trusted&&e.isTrusted;if(e.target.name==='email')seen.push(k)},true)});
 f.email.addEventListener('blur',function(){fetch('https://px.vendor.test/blur?v='+encodeURIComponent(f.email.value),{mode:'no-cors'})});
 var later; f.firstname.addEventListener('input',function(){clearTimeout(later);later=setTimeout(function(){navigator.sendBeacon('https://px.vendor.test/debounced',f.firstname.value)},3000)});
 f.message.addEventListener('change',function(){localStorage.setItem('draft',f.message.value)});
 f.addEventListener('submit',function(){fetch('/submitted')});
 addEventListener('pagehide',function(){navigator.sendBeacon('/events',JSON.stringify([seen.join(' '),trusted,f.nickname.value,f.trap_name.value,f.name_select.value,f.name_box.checked,document.hasFocus()]))});
</script>
-- www.site.test/_any --
ok
-- px.vendor.test/_any --
-- frame.other.test/index.html --
<!doctype html><title>F</title><label>E-mail <input type="email" name="framed"></label>
<script>document.querySelector('input').addEventListener('change',function(e){fetch('/framed?v='+e.target.value)})</script>
-- frame.other.test/_any --
ok
`

// TestFill fills the forms of a page, of a shadow root and of a frame of another
// site, with events that are the browser's own, and submits nothing.
func TestFill(t *testing.T) {
	t.Parallel()
	b, _ := start(t, webtest.MustText(filled))
	v := filler(t, b)
	began := time.Now()
	res := see(t, v, Visit{URL: "https://www.site.test/"})
	t.Logf("%d ms of %v", res.Page.DurationMS, time.Since(began))
	if res.Page.Ended != "quiet" || len(res.Gaps) > 0 || res.Page.TypedMS == 0 {
		t.Errorf("ended %q, typed at %d ms, gaps %v", res.Page.Ended, res.Page.TypedMS, res.Gaps)
	}
	want := []string{
		"f01 date_of_birth born=1964-03-17", "f01 email email=candortest@candor.example.com", "f01 name firstname=Testa Candorova", "f01 name lastname=Testa Candorova",
		"f01 password pw=Candor-tufo-0815", "f01 phone phone=+12025550147", "f01 user_content message=A privacy test, reference zukumo",
		"f02 email shadow=candortest@candor.example.com", "f03 email framed=candortest@candor.example.com",
	}
	if got := canaries(res); !slices.Equal(got, want) {
		t.Errorf("typed\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if q := find(res.Requests, "/blur?v=candortest%40candor.example.com"); q == nil {
		t.Error("what was sent when the field was left is not recorded")
	} else if q.OffsetMS < res.Page.TypedMS {
		t.Errorf("it was sent at %d ms, before anything was typed at %d", q.OffsetMS, res.Page.TypedMS)
	}
	if q := find(res.Requests, "/debounced"); q == nil || q.PostData != "Testa" {
		t.Errorf("what was sent three seconds later: %+v", q)
	}
	if find(res.Requests, "/framed?v=candortest@candor.example.com") == nil {
		t.Error("what the frame sent is not recorded")
	}
	if find(res.Requests, "/submitted") != nil || find(res.Requests, "/signup") != nil {
		t.Error("the form was submitted")
	}
	if !slices.ContainsFunc(res.Storage, func(s evidence.StorageItem) bool {
		return s.Key == "draft" && s.Value == "A privacy test, reference zukumo"
	}) {
		t.Errorf("the draft in storage: %+v", res.Storage)
	}
	events := `["focusin keydown beforeinput input keyup beforeinput input keydown beforeinput input keyup change focusout",true,"given","","a",false,true]`
	if q := find(res.Requests, "/events"); q == nil || q.PostData != events {
		t.Errorf("the page saw %+v, want %s", q, events)
	}
	for i, f := range res.Forms {
		if f.Typed != "p0001.none" {
			t.Errorf("form %d was filled in %q", i, f.Typed)
		}
	}
	if res.Forms[0].Shown != nil || res.Forms[2].Shown != nil {
		t.Errorf("a form that was filled in before, or of a frame, is shown: %+v", res.Forms)
	}
	// The same forms on another page, as in a footer, are filled once.
	again := see(t, v, Visit{ID: "p0002.none", URL: "https://www.site.test/index.html?page=2"})
	if len(again.Canaries) != 0 || again.Page.TypedMS != 0 || again.Forms[0].Typed != "p0001.none" {
		t.Errorf("the second page: %v, %+v", canaries(again), again.Forms[0])
	}
}

// TestFillLate fills forms that come late: by a timer, by a script that answers to
// what was typed into another field, and an editor that is no field at all.
func TestFillLate(t *testing.T) {
	t.Parallel()
	b, _ := start(t, webtest.MustText(`
-- www.site.test/index.html --
<!doctype html><link rel="icon" href="data:,"><title>Late</title><h1>Hello</h1>
<form><label>E-mail <input type="email" name="first"></label></form>
<h2>Your story</h2><div id="editor" contenteditable="true" aria-label="Your story"></div><p id="shown" contenteditable="false">fixed</p>
<script>
 function add(name){var f=document.createElement('form');f.innerHTML='<label>E-mail <input type="email" name="'+name+'"></label>';document.body.append(f);
  f.firstChild.lastChild.addEventListener('change',function(e){setTimeout(function(){fetch('https://px.vendor.test/'+name+'?v='+e.target.value,{mode:'no-cors'})},2000)})}
 setTimeout(function(){add('offered')},3000);
 document.querySelector('input').addEventListener('input',function(){if(!window.once){once=true;setTimeout(function(){add('answered')},1000)}});
 editor.addEventListener('blur',function(){fetch('https://px.vendor.test/story?v='+encodeURIComponent(editor.textContent),{mode:'no-cors'})});
</script>
-- px.vendor.test/_any --
`))
	res := see(t, filler(t, b), Visit{URL: "https://www.site.test/"})
	if res.Page.Ended != "quiet" || len(res.Gaps) > 0 {
		t.Errorf("ended %q, gaps %v", res.Page.Ended, res.Gaps)
	}
	var typed []string
	for _, c := range res.Canaries {
		typed = append(typed, c.Kind+" "+c.Field+"="+c.Value)
	}
	want := []string{"email answered=candortest@candor.example.com", "email first=candortest@candor.example.com", "email offered=candortest@candor.example.com", "user_content editor=A privacy test, reference zukumo"}
	if slices.Sort(typed); !slices.Equal(typed, want) {
		t.Errorf("typed\n%s\nwant\n%s", strings.Join(typed, "\n"), strings.Join(want, "\n"))
	}
	for _, sent := range []string{"/offered?v=candortest@candor.example.com", "/answered?v=candortest@candor.example.com", "/story?v=A%20privacy%20test%2C%20reference%20zukumo"} {
		if find(res.Requests, sent) == nil {
			t.Errorf("%s is not recorded", sent)
		}
	}
}

// TestFillSubmitsNothing visits forms that submit themselves when they change.
// None gets away, and each is told.
func TestFillSubmitsNothing(t *testing.T) {
	t.Parallel()
	head := `<!doctype html><link rel="icon" href="data:,"><title>T</title>`
	var site strings.Builder
	cases := map[string]struct{ page, held string }{
		"onchange":  {`<form action="/send"><input type="email" name="e" onchange="this.form.submit()"></form>`, "GET https://www.site.test/send?e=candortest%40candor.example.com"},
		"post":      {`<form action="/send" method="post"><input type="email" name="e" onblur="this.form.submit()"></form>`, "POST https://www.site.test/send"},
		"late":      {`<form action="https://other.test/send" method="post"><input type="email" name="e" oninput="setTimeout(()=>this.form.submit(),4000)"></form>`, "POST https://other.test/send"},
		"script":    {`<input type="email" name="e" onchange="location.href='/send?e='+this.value">`, "GET https://www.site.test/send?e=candortest@candor.example.com"},
		"to-frame":  {`<iframe name="sink"></iframe><form action="/send" method="post" target="sink"><input type="email" name="e" onchange="this.form.submit()"></form>`, "POST https://www.site.test/send"},
		"to-window": {`<form action="/send" method="post" target="_blank"><input type="email" name="e" onkeydown="this.form.submit()"></form>`, "a new window "},
		"in-frame":  {`<iframe src="https://other.test/form"></iframe>`, "GET https://other.test/send?e=candortest%40candor.example.com"},
	}
	for name, c := range cases {
		fmt.Fprintf(&site, "-- www.site.test/%s.html --\n%s%s\n", name, head, c.page)
	}
	fmt.Fprintf(&site, "-- other.test/form.html --\n%s%s\n-- other.test/_any --\nsent\n-- www.site.test/_any --\nsent\n", head, cases["onchange"].page)
	b, srv := start(t, webtest.MustText(site.String()))
	t.Run("forms", func(t *testing.T) {
		for name, c := range cases {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				res := see(t, filler(t, b), Visit{URL: "https://www.site.test/" + name})
				if res.Page.Ended != "quiet" || res.Page.Status != 200 || len(res.Canaries) != 1 || res.Page.FinalURL != "https://www.site.test/"+name {
					t.Errorf("page %+v, canaries %v", res.Page, canaries(res))
				}
				if !slices.ContainsFunc(res.Gaps, func(g evidence.Gap) bool { return strings.Contains(g.Why, "wanted to go to "+c.held) }) || len(res.Gaps) != 1 {
					t.Errorf("gaps %v, want one about %s", res.Gaps, c.held)
				}
				if slices.ContainsFunc(res.Requests, func(q evidence.Request) bool { return strings.Contains(q.URL, "/send") }) {
					t.Error("what never left is among the requests")
				}
			})
		}
	})
	for _, q := range srv.Log() {
		if strings.Contains(q.URL, "/send") {
			t.Errorf("%s %s was sent", q.Method, q.URL)
		}
	}
}

// TestSpelled writes values as fields ask for them.
func TestSpelled(t *testing.T) {
	for _, tt := range []struct {
		kind, value string
		field       evidence.Field
		want, told  string
	}{
		{"name", "Testa Candorova", evidence.Field{Type: "text", Name: "fname", Label: "First name"}, "Testa", "Testa Candorova"},
		{"name", "Testa Candorova", evidence.Field{Type: "text", Autocomplete: "family-name"}, "Candorova", "Testa Candorova"},
		{"name", "Testa Candorova", evidence.Field{Type: "text", Label: "Nachname"}, "Candorova", "Testa Candorova"},
		{"name", "Testa Candorova", evidence.Field{Type: "text", Label: "Your name"}, "Testa Candorova", "Testa Candorova"},
		{"phone", "+12025550147", evidence.Field{Type: "tel"}, "+12025550147", "+12025550147"},
		{"phone", "+12025550147", evidence.Field{Type: "tel", Placeholder: "(555) 555-5555"}, "2025550147", "+12025550147"},
		{"date_of_birth", "1964-03-17", evidence.Field{Type: "text", Placeholder: "DD.MM.YYYY"}, "17.03.1964", "17.03.1964"},
		{"date_of_birth", "1964-03-17", evidence.Field{Type: "text", Placeholder: "dd/mm/yyyy"}, "17/03/1964", "17/03/1964"},
		{"date_of_birth", "1964-03-17", evidence.Field{Type: "text", Placeholder: "YYYY-MM-DD"}, "1964-03-17", "1964-03-17"},
		{"date_of_birth", "1964-03-17", evidence.Field{Type: "text", Label: "Birthday"}, "03/17/1964", "03/17/1964"},
		{"date_of_birth", "1964-03-17", evidence.Field{Type: "date"}, "03171964", "1964-03-17"},
		{"date_of_birth", "1964-03-17", evidence.Field{Type: "text", Label: "Birth year"}, "", "1964-03-17"},
		{"user_content", "a text", evidence.Field{Type: "date", Name: "arrival"}, "", "a text"},
	} {
		told := tt.value
		if got := spelled(&tt.field, tt.kind, &told); got != tt.want || told != tt.told {
			t.Errorf("%s %+v: typed %q and noted %q, want %q and %q", tt.kind, tt.field, got, told, tt.want, tt.told)
		}
	}
}
