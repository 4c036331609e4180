package consent

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// colour is a colour in sRGB, each part and alpha from 0 to 1.
type colour struct{ r, g, b, a float64 }

var (
	white     = colour{1, 1, 1, 1}
	function  = regexp.MustCompile(`^([a-z]+)\(([^()]*)\)$`)
	colourIn  = regexp.MustCompile(`(?:rgba?|oklch|oklab|color)\([^()]*\)`)
	separator = regexp.MustCompile(`[\s,/]+`)
)

// parseColour reads a computed CSS colour: rgb(), rgba(), color(srgb …), oklab()
// and oklch(). ok is false for what it does not know.
func parseColour(s string) (c colour, ok bool) {
	s = strings.TrimSpace(strings.ToLower(s))
	if s == "transparent" {
		return colour{}, true
	}
	m := function.FindStringSubmatch(s)
	if m == nil {
		return c, false
	}
	parts := separator.Split(strings.TrimSpace(m[2]), -1)
	if m[1] == "color" {
		if len(parts) == 0 || parts[0] != "srgb" {
			return c, false
		}
		parts = parts[1:]
	}
	if len(parts) < 3 || len(parts) > 4 {
		return c, false
	}
	var v [4]float64
	v[3] = 1
	for i, p := range parts {
		if p == "none" {
			v[i] = 0
			continue
		}
		num, percent := strings.CutSuffix(strings.TrimSuffix(p, "deg"), "%")
		f, err := strconv.ParseFloat(num, 64)
		if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return c, false
		}
		if percent {
			f /= 100
			if i < 3 && (m[1] == "rgb" || m[1] == "rgba") {
				f *= 255
			}
		}
		v[i] = f
	}
	switch m[1] {
	case "rgb", "rgba":
		c = colour{v[0] / 255, v[1] / 255, v[2] / 255, v[3]}
	case "color":
		c = colour{v[0], v[1], v[2], v[3]}
	case "oklab":
		c = oklab(v[0], v[1], v[2], v[3])
	case "oklch":
		h := v[2] * math.Pi / 180
		c = oklab(v[0], v[1]*math.Cos(h), v[1]*math.Sin(h), v[3])
	default:
		return c, false
	}
	return colour{clamp(c.r), clamp(c.g), clamp(c.b), clamp(c.a)}, true
}

func clamp(f float64) float64 { return min(max(f, 0), 1) }

// oklab is the conversion that CSS Color 4 gives.
func oklab(l, a, b, alpha float64) colour {
	cube := func(f float64) float64 { return f * f * f }
	x, y, z := cube(l+0.3963377774*a+0.2158037573*b), cube(l-0.1055613458*a-0.0638541728*b), cube(l-0.0894841775*a-1.2914855480*b)
	gamma := func(f float64) float64 {
		if f <= 0.0031308 {
			return 12.92 * f
		}
		return 1.055*math.Pow(f, 1/2.4) - 0.055
	}
	return colour{gamma(4.0767416621*x - 3.3077115913*y + 0.2309699292*z), gamma(-1.2684380046*x + 2.6097574011*y - 0.3413193965*z), gamma(-0.0041960863*x - 0.7034186147*y + 1.7076147010*z), alpha}
}

// over lays a colour over one that hides what is below it.
func (c colour) over(below colour) colour {
	mix := func(a, b float64) float64 { return a*c.a + b*(1-c.a) }
	return colour{mix(c.r, below.r), mix(c.g, below.g), mix(c.b, below.b), 1}
}

func (c colour) hex() string {
	n := func(f float64) int { return int(math.Round(clamp(f) * 255)) }
	return fmt.Sprintf("#%02x%02x%02x", n(c.r), n(c.g), n(c.b))
}

// luminance is WCAG 2's relative luminance.
func (c colour) luminance() float64 {
	part := func(f float64) float64 {
		if f <= 0.04045 {
			return f / 12.92
		}
		return math.Pow((f+0.055)/1.055, 2.4)
	}
	return 0.2126*part(c.r) + 0.7152*part(c.g) + 0.0722*part(c.b)
}

// contrast is WCAG 2's ratio, 1 to 21.
func contrast(a, b colour) float64 {
	x, y := a.luminance(), b.luminance()
	return math.Round((max(x, y)+0.05)/(min(x, y)+0.05)*100) / 100
}

// composed lays backgrounds, the innermost first, over a white page. A gradient
// counts as the mean of its colours; pictures are not seen.
func composed(list []paint) colour {
	c := white
	for i := len(list) - 1; i >= 0; i-- {
		p := list[i]
		k, ok := parseColour(p.Color)
		if p.Gradient != "" {
			k, ok = mean(p.Gradient)
		}
		if ok {
			k.a *= clamp(p.Opacity)
			c = k.over(c)
		}
	}
	return c
}

func mean(gradient string) (colour, bool) {
	var sum colour
	n := 0.0
	for _, s := range colourIn.FindAllString(gradient, 20) {
		if k, ok := parseColour(s); ok {
			sum = colour{sum.r + k.r, sum.g + k.g, sum.b + k.b, sum.a + k.a}
			n++
		}
	}
	if n == 0 {
		return sum, false
	}
	return colour{sum.r / n, sum.g / n, sum.b / n, sum.a / n}, true
}
