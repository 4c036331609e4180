package browser

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/chromedp/cdproto/cdp"

	"candor/crawler/evidence"
)

// Bounds of what one visit types.
const (
	maxTypedForm  = 25 // fields of one form
	maxTypedVisit = 60
	typingLimit   = 4 * time.Second
	typedTime     = 80 * time.Millisecond // of quiet after it
	maxFilled     = 20000                 // forms of a state that are remembered
)

// Filling says what is typed into the forms of pages, to see whether it leaves
// before anybody submits it. Nothing is ever submitted: Enter and buttons are
// not pressed, and what a page makes of the typing is held back when it would
// leave the page.
type Filling struct {
	// Kind returns what a control asks for, as a data type; "" is not known.
	Kind func(*evidence.Form, *evidence.Field) string
	// Value returns the made-up value of a data type, the same for a whole scan;
	// "" when none is typed.
	Value func(kind string) string
}

// formControls are the numbers of a form and its fields, by which the isolated
// world finds them.
type formControls struct {
	Form   int       `json:"form"`
	Fields []control `json:"fields"`
}

type control struct {
	Number  int  `json:"number"`
	Open    bool `json:"open"`    // a visitor could type into it, and it is empty
	Longest int  `json:"longest"` // characters that it takes; 0 without end
}

// typing is one value for one control.
type typing struct {
	control
	frame cdp.FrameID
	form  int
	kind  string
	value string // of the canary
	text  string // that is typed
	field *evidence.Field
}

// FillForms makes the visits of this visitor type into forms. It is called
// before the first one.
func (c *Context) FillForms(f Filling) { c.filling = &f }

// fill types into the forms of a page that were not filled in this state yet, and
// reports whether there was one. A page without one costs nothing.
func (w *window) fill(ctx context.Context, q Visit, s seen, res *Result) bool {
	if w.context.filling == nil || botWall(s.main) != "" {
		return false
	}
	todo := w.context.planTyping(q.ID, append([]*content{s.main}, unique(s.others)...), func(what string) {
		res.Gaps = append(res.Gaps, evidence.Gap{What: what + " of " + q.URL, Why: "one visit types into a bounded number of fields", Kind: "bound", Page: q.ID, State: w.context.state})
	})
	if len(todo) == 0 {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, typingLimit)
	defer cancel()
	w.focusable()
	w.holdBack(ctx, todo)
	if res.Page.TypedMS == 0 {
		res.Page.TypedMS = max(1, w.record.since())
	}
	frames := map[cdp.FrameID]frame{}
	for _, f := range w.record.present() {
		frames[f.id] = f
	}
	missed := 0
	for i, t := range todo {
		f, ok := frames[t.frame]
		if ok {
			ok = w.typeOne(ctx, &f, t)
		}
		if !ok {
			missed++
			todo[i].value = ""
		}
		if last := i+1 == len(todo) || todo[i+1].frame != t.frame; ok && last {
			w.finishFrame(ctx, &f, todo)
		}
	}
	if missed > 0 {
		res.Gaps = append(res.Gaps, evidence.Gap{
			What: fmt.Sprintf("%d of %d form fields of %s", missed, len(todo), q.URL), Why: "nothing could be typed: the page took the focus away, or changed, or was too busy",
			Kind: "other", Page: q.ID, State: w.context.state,
		})
	}
	w.record.touch()
	w.wait(ctx, time.Now().Add(typingLimit), typedTime, false)
	return true
}

// typeOne types one value. The control before it loses the focus by that.
func (w *window) typeOne(ctx context.Context, f *frame, t typing) bool {
	has, err := f.focus(ctx, t.Number)
	if err != nil || !has {
		return false
	}
	w.typed = append(w.typed, t)
	if t.field.Type == "date" {
		return w.typeKeys(ctx, []rune(t.text)) == nil
	}
	return w.typeText(ctx, t.text) == nil
}

// finishFrame leaves the last control of a frame and notes what the page made of
// the values: a mask or a limit changes them.
func (w *window) finishFrame(ctx context.Context, f *frame, todo []typing) {
	var mine []typing
	var numbers []int
	for _, t := range todo {
		if t.frame == f.id && t.value != "" {
			mine, numbers = append(mine, t), append(numbers, t.Number)
		}
	}
	kept, err := f.blur(ctx, numbers)
	if err != nil {
		return // the frame went away; what was typed is noted
	}
	for i, t := range mine {
		if kept[i] != t.text && kept[i] != t.value && strings.TrimSpace(kept[i]) != "" {
			t.value = kept[i]
			w.typed = append(w.typed, t)
		}
	}
}

// planTyping decides what is typed where, and claims the forms for this visit.
func (c *Context) planTyping(visit string, contents []*content, bound func(string)) (todo []typing) {
	for _, f := range contents {
		for i := range f.Forms {
			if i >= len(f.Controls) || len(f.Controls[i].Fields) != len(f.Forms[i].Fields) {
				continue
			}
			list := c.typingOf(f, i)
			if len(list) == 0 {
				continue
			}
			if len(list) > maxTypedForm {
				list = list[:maxTypedForm]
				bound("form fields")
			}
			if len(todo)+len(list) > maxTypedVisit {
				bound("forms")
				return todo
			}
			if c.claim(formKey(f, &f.Forms[i]), visit) {
				todo = append(todo, list...)
			}
		}
	}
	return todo
}

// formKey tells forms apart that are the same on many pages: of one origin, with
// the same action and fields.
func formKey(c *content, f *evidence.Form) string {
	var b strings.Builder
	action, _, _ := strings.Cut(f.Action, "?")
	if page, _, _ := strings.Cut(c.URL, "?"); action == page {
		action = "" // posts to wherever it stands
	}
	fmt.Fprintf(&b, "%s\x00%s\x00%s", c.Origin, action, f.Method)
	for _, x := range f.Fields {
		if x.Type != "hidden" { // tokens of one page
			fmt.Fprintf(&b, "\x00%s\x01%s\x01%s", x.Name, x.Type, x.Label)
		}
	}
	return b.String()
}

// claim notes that a visit fills a form. It is false when another did.
func (c *Context) claim(key, visit string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, done := c.filled[key]; done || len(c.filled) >= maxFilled {
		return false
	}
	c.filled[key] = visit
	return true
}

// filledIn returns the visit that filled a form, "" when none did.
func (c *Context) filledIn(key string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.filled[key]
}

// typingOf lists what is typed into one form.
func (c *Context) typingOf(f *content, i int) (list []typing) {
	form := &f.Forms[i]
	for n := range form.Fields {
		field, at := &form.Fields[n], f.Controls[i].Fields[n]
		if !at.Open || !typable(field) {
			continue
		}
		kind := c.filling.Kind(form, field)
		if kind == "" && (field.Type == "textarea" || field.Type == "contenteditable") {
			kind = "user_content"
		}
		value := c.filling.Value(kind)
		if value == "" {
			continue
		}
		t := typing{control: at, frame: f.frame, form: f.Controls[i].Form, kind: kind, value: value, field: field}
		if t.text = spelled(field, kind, &t.value); t.text == "" || at.Longest > 0 && len(t.text) > at.Longest && at.Longest < 4 {
			continue
		}
		list = append(list, t)
	}
	return list
}

// typable reports whether a control takes text that anybody could have. Choices
// are left as they are, and so are searches, which are there to be sent while
// one types.
func typable(f *evidence.Field) bool {
	if strings.Contains(f.Autocomplete, "one-time-code") || strings.HasPrefix(f.Autocomplete, "cc-") || strings.Contains(f.Autocomplete, " cc-") {
		return false
	}
	return slices.Contains([]string{"text", "email", "tel", "password", "textarea", "contenteditable", "date"}, f.Type)
}

// spelled writes a value as a field wants it: "" when it cannot be. Of a date the
// canary is what is typed.
func spelled(f *evidence.Field, kind string, value *string) string {
	words := strings.ToLower(f.Autocomplete + " " + f.Name + " " + f.ID + " " + f.Label + " " + f.Placeholder)
	has := func(any ...string) bool {
		return slices.ContainsFunc(any, func(w string) bool { return strings.Contains(words, w) })
	}
	if (f.Type == "date") != (kind == "date_of_birth" && f.Type == "date") {
		return "" // a date of anything else
	}
	switch kind {
	case "name":
		first, last, _ := strings.Cut(*value, " ")
		switch {
		case has("family", "last", "surname", "nachname", "nom de famille", "apellido", "cognome", "achternaam", "sobrenome"):
			return last
		case has("given", "first", "vorname", "prénom", "prenom", "voornaam"):
			return first
		}
	case "phone":
		if has("tel-national", "(555)", "(xxx)", "xxx-xxx", "___") {
			return strings.TrimPrefix(*value, "+1")
		}
	case "date_of_birth":
		day, err := time.Parse("2006-01-02", *value)
		switch {
		case err != nil:
			return ""
		case f.Type == "date":
			return day.Format("01022006")
		case has("bday-day", "bday-month", "bday-year", "birth day", "birth month", "birth year", "day of birth", "geburtsjahr"):
			return "" // a part of it
		case has("yyyy-mm", "jjjj-mm"):
		case has("dd.mm", "tt.mm"):
			*value = day.Format("02.01.2006")
		case has("dd/mm", "jj/mm"):
			*value = day.Format("02/01/2006")
		default:
			*value = day.Format("01/02/2006")
		}
	}
	return *value
}

// tellCanaries files what was typed.
func (w *window) tellCanaries(q Visit, contents []*content, res *Result) {
	type place struct {
		frame cdp.FrameID
		form  int
	}
	ids := map[place]string{}
	n := 0
	for _, c := range contents {
		for i := range c.Forms {
			if i < len(c.Controls) {
				ids[place{c.frame, c.Controls[i].Form}] = res.Forms[n].ID
			}
			if w.context.filling != nil {
				res.Forms[n].Typed = w.context.filledIn(formKey(c, &c.Forms[i]))
			}
			n++
		}
	}
	for _, t := range w.typed {
		res.Canaries = append(res.Canaries, evidence.Canary{
			Page: q.ID, State: w.context.state, Kind: t.kind, Value: t.value, Form: ids[place{t.frame, t.form}], Field: firstOf(t.field.Name, t.field.ID, t.field.Label, t.field.Placeholder),
		})
	}
	for _, held := range w.record.heldBack() {
		res.Gaps = append(res.Gaps, evidence.Gap{
			What: "what typing set off on " + q.URL, Why: "the page wanted to go to " + held + " when its form was filled in; it was held back, because nothing is submitted",
			Kind: "other", Page: q.ID, State: w.context.state,
		})
	}
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
