package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"unicode"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
)

// The functions by which the isolated world reaches a control that collect.js
// has numbered.
const (
	focusJS = `((n) => {
		const e = globalThis.candorControls?.list[n]?.deref();
		if (!e?.isConnected) return false;
		e.focus({ preventScroll: true });
		return e.getRootNode().activeElement === e;
	})(%d)`
	// blurJS leaves whatever has the focus and tells what the controls hold.
	blurJS = `((numbers) => {
		for (let e = document.activeElement; e; e = e.shadowRoot?.activeElement) if (!e.shadowRoot?.activeElement) e.blur();
		return numbers.map((n) => {
			const e = globalThis.candorControls?.list[n]?.deref();
			return String(e?.value ?? e?.textContent ?? '').slice(0, 300);
		});
	})(%s)`
)

// focusable makes the window's documents believe that they have the focus, as
// that of a person who types has.
func (w *window) focusable() {
	for _, o := range append(w.record.frameTargets(), w.main) {
		send(o.session, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	}
}

// focus gives a control the focus and reports whether it has it.
func (f *frame) focus(ctx context.Context, number int) (bool, error) {
	res, err := f.evaluate(ctx, fmt.Sprintf(focusJS, number))
	if err != nil {
		return false, err
	}
	return string(res.Value) == "true", nil
}

// blur takes the focus away from a frame and returns what controls of it hold.
func (f *frame) blur(ctx context.Context, numbers []int) ([]string, error) {
	arg, _ := json.Marshal(numbers) // a list of numbers
	res, err := f.evaluate(ctx, fmt.Sprintf(blurJS, arg))
	if err != nil {
		return nil, err
	}
	var out []string
	if err := json.Unmarshal(res.Value, &out); err != nil || len(out) != len(numbers) {
		return nil, fmt.Errorf("read what was typed: %w", err)
	}
	return out, nil
}

// typeText types into what has the focus, with events that are the browser's
// own: keys for the first and the last character, so that pages hear of keys, and
// the rest at once, as of a person who takes what the browser offers. It returns
// when the page has had them.
func (w *window) typeText(ctx context.Context, text string) error {
	runes := []rune(text)
	if last := len(runes) - 1; last > 1 {
		w.press(runes[0])
		send(w.main.session, input.InsertText, input.InsertTextParams{Text: string(runes[1:last])})
		runes = runes[last:]
	}
	return w.typeKeys(ctx, runes)
}

// typeKeys types every character by its key: fields of a date take nothing else.
func (w *window) typeKeys(ctx context.Context, runes []rune) error {
	if len(runes) == 0 {
		return nil
	}
	last := len(runes) - 1
	for _, r := range runes[:last] {
		w.press(r)
	}
	key, ok := keyFor(runes[last])
	if !ok {
		_, err := invoke(ctx, w.main.session, input.InsertText, input.InsertTextParams{Text: string(runes[last])})
		return err
	}
	return w.pressKey(ctx, key)
}

// press presses and lets go of the key of a letter or digit; another character is
// inserted. It does not wait: events are answered in their order.
func (w *window) press(r rune) {
	key, ok := keyFor(r)
	if !ok {
		send(w.main.session, input.InsertText, input.InsertTextParams{Text: string(r)})
		return
	}
	send(w.main.session, input.DispatchKeyEvent, key)
	send(w.main.session, input.DispatchKeyEvent, released(key))
}

// pressKey presses and lets go of a key, and waits until the page has had it.
func (w *window) pressKey(ctx context.Context, key input.DispatchKeyEventParams) error {
	send(w.main.session, input.DispatchKeyEvent, key)
	_, err := invoke(ctx, w.main.session, input.DispatchKeyEvent, released(key))
	return err
}

func released(key input.DispatchKeyEventParams) input.DispatchKeyEventParams {
	key.Type, key.Text, key.UnmodifiedText = input.DispatchKeyEventTypeKeyUp, "", ""
	return key
}

// keyFor returns the key of a letter or digit of ASCII.
func keyFor(r rune) (key input.DispatchKeyEventParams, ok bool) {
	if r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		return key, false
	}
	upper := unicode.ToUpper(r)
	key = input.DispatchKeyEventParams{
		Type: input.DispatchKeyEventTypeKeyDown, Key: string(r), Text: string(r), UnmodifiedText: string(unicode.ToLower(r)),
		Code: "Key" + string(upper), WindowsVirtualKeyCode: int64(upper),
	}
	if unicode.IsDigit(r) {
		key.Code = "Digit" + string(r)
	}
	if unicode.IsUpper(r) {
		key.Modifiers = 8 // Shift
	}
	return key, true
}
