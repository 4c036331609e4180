// Package consent finds consent banners and opt-out controls, measures how they
// offer the choice, operates them as a person would, and says whether the choice
// took.
//
// It knows no browser: a Page is a window that somebody holds open. What it
// knows of platforms and languages arrives as Rules and Words.
//
// It guarantees that every attempt ends within its bounds with an outcome and a
// reason, that nothing is clicked that is not a control of the choice, and that
// a choice counts as taken only when the page says so itself. It never answers
// a CAPTCHA, never submits a form that asks who somebody is, and judges nothing.
package consent

import (
	"context"

	"candor/crawler/evidence"
)

// Page is a window that is held open. Frames are named by ids that are good
// until the frame goes; the first of Frames is the page itself. Points are CSS
// pixels of the frame's own viewport. A call on a frame that went fails.
type Page interface {
	Frames() []Frame
	// Evaluate runs an expression in a world of its own, which shares the
	// document with the page's scripts and nothing else, waits for its promise
	// and decodes the answer as JSON.
	Evaluate(ctx context.Context, frame, expression string, answer any) error
	// EvaluateInPage runs an expression among the page's own scripts: for
	// functions such as __tcfapi. What it answers is the page's word.
	EvaluateInPage(ctx context.Context, frame, expression string, answer any) error
	// Click presses the left button of a mouse, as a person would.
	Click(ctx context.Context, frame string, x, y float64) error
	// Settle waits until the page is quiet after something was done to it, within
	// bounds; it says whether it came to rest.
	Settle(ctx context.Context) bool
	// Await waits until something changed in the page, or ctx ends.
	Await(ctx context.Context) error
	// Goto loads an address in the window, or the present one again with "".
	Goto(ctx context.Context, address string) error
	URL() string
	// OffsetMS is the time since the visit began.
	OffsetMS() int64
	// Picture takes a JPEG of an area of the viewport of a frame; of the whole
	// viewport with nil.
	Picture(ctx context.Context, frame string, area *evidence.Box) ([]byte, error)
	// Cookies are the names and values in the jar now, first and third party.
	Cookies(ctx context.Context) ([]evidence.SentCookie, error)
}

// Piercer is a Page that can open closed shadow roots to Evaluate. Without it
// banners in closed shadow roots are not found.
type Piercer interface {
	// Pierce adds the closed shadow roots of a frame, as they are now, to the
	// array candorClosedRoots of the world of Evaluate (DOM.getDocument with
	// pierce, DOM.resolveNode into that world); it says how many there are.
	Pierce(ctx context.Context, frame string) (int, error)
}

// Noticed is a Page whose site has notices that are known by now: the opt-outs
// that they name are ways, too.
type Noticed interface {
	Notices() []string // addresses on the site, the likeliest first
}

// Frame is a frame of a page.
type Frame struct{ ID, URL string }

// Made is what Choose did.
type Made struct {
	Choice   evidence.Choice // Page and the paths of pictures are the caller's to fill in
	Pictures []Picture

	platform int       // index of the rule; -1
	before   *readings // what told of a choice before it was made
	kept     *readings // what told of an opt-out after it was made; nil of other choices
	want     string
	age      float64 // of the page when the banner was first seen, in milliseconds
	open     bool    // it counts only if it holds on the next page
	strict   bool    // that the banner went tells nothing: something that the site keeps must say so
}

// Picture shows a layer of a banner, cropped.
type Picture struct {
	Layer int // index in Offer.Layers; -1 for the page as it was when something failed
	JPEG  []byte
}

// Rule says how one consent platform's banner works. A list of selectors means:
// the first one that is visible. Selectors are CSS; they are looked for in open
// and closed shadow roots too.
type Rule struct {
	ID     string
	Name   string
	Frame  string   // the banner lives in a frame whose address contains this; "" when it does not
	Frame2 string   // the second layer lives in a frame whose address contains this; "" when it is where the banner is
	Detect []string // visible when the banner is shown
	Accept []string
	Reject []string
	// Settings opens the second layer, in which Reject2 or the toggles and Save
	// refuse everything.
	Settings []string
	Reject2  []string
	Accept2  []string
	Toggles  []string // switches of purposes that are not necessary
	Save     []string
	NoReject string // why the platform has no way to refuse; "" when it has one
	// Reopen shows the choice again after it was made.
	Reopen []string
	// Vendors are elements whose texts are names of vendors.
	Vendors []string
	Signs   []RuleSign
}

// RuleSign is what a platform keeps of the choice.
type RuleSign struct {
	Kind   string // "cookie", "storage" (local storage), or "platform_api"
	Name   string // of the cookie or key; "*" stands for any run of characters. Of platform_api a path from window: "Cookiebot.consent.marketing", "klaro.getManager().consents.analytics"
	Accept string // regular expression (RE2) that its value, percent-decoded, matches after everything was accepted; "" when it tells nothing
	Reject string // the same after everything was refused
}

// Words are what a banner says, in the languages that are understood.
type Words struct {
	Languages []Language
}

// Language is one language's words. All are lower case; a phrase matches whole
// words.
type Language struct {
	Code     string
	Topic    []string // what a consent banner speaks of: "cookies", "your privacy", …
	Accept   []string // "accept all", "agree", …
	Reject   []string // "reject all", "only necessary", …
	Settings []string
	Save     []string
	Close    []string
	Reopen   []string // "cookie settings", "manage consent", …
	OptOut   []string // "do not sell or share my personal information", "your privacy choices", …
	Not      []string // of what is no consent banner: "newsletter", "discount", "country", "age"
	Pay      []string // of a control that refuses only for money: "subscribe", "pay", "ad-free"
}
