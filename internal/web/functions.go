package web

import (
	"fmt"
	"html/template"
	"math"
	"strings"
	"time"

	"golang.org/x/text/number"
)

// functions returns what templates may call, in one language:
//
//	t "key" args…            the text of a key, {0} {1} … replaced; one []any stands for its elements
//	count "key" n args…      of key.one or key.other, {0} being n
//	date time                "21 November 2026, 21:30 UTC" in a <time>; "—" for the zero time
//	day time                 "21 November 2026" in a <time>
//	number n                 with the language's separators
//	bytes n                  "1.2 MB", decimal units
//	percent part whole       "12.5 %" as the language writes it; "—" of nothing
//	described errors "name" "hint-id"…   aria attributes for a field
//	problem errors "name"    what is wrong with a field, below it
//	role r, roleHint r       the keys of a role's name and of what it may do
func functions(c *catalogue, lang string) template.FuncMap {
	f := formatter{c, lang}
	return template.FuncMap{
		"t":         func(key string, args ...any) string { return c.text(lang, key, spread(args)...) },
		"count":     func(key string, n any, args ...any) string { return c.count(lang, key, n, spread(args)...) },
		"date":      f.date,
		"day":       f.day,
		"number":    func(n any) string { return c.show(lang, n) },
		"bytes":     f.bytes,
		"percent":   f.percent,
		"described": described,
		"problem":   f.problem,
		"role":      roleKey,
		"roleHint":  func(r Role) string { return roleKey(r) + ".hint" },
	}
}

func spread(args []any) []any {
	if len(args) == 1 {
		if list, ok := args[0].([]any); ok {
			return list
		}
	}
	return args
}

type formatter struct {
	c    *catalogue
	lang string
}

func (f formatter) dayText(t time.Time) string {
	return f.c.text(f.lang, "time.day", t.Day(), f.c.text(f.lang, fmt.Sprintf("time.month.%d", t.Month())), fmt.Sprint(t.Year()))
}

func (f formatter) date(t time.Time) template.HTML {
	t = t.UTC()
	return timeElement(t, t.Format(time.RFC3339), f.c.text(f.lang, "time.at", f.dayText(t), t.Format("15:04")))
}

func (f formatter) day(t time.Time) template.HTML {
	t = t.UTC()
	return timeElement(t, t.Format(time.DateOnly), f.dayText(t))
}

func timeElement(t time.Time, machine, text string) template.HTML {
	if t.IsZero() {
		return "—"
	}
	return template.HTML(`<time datetime="` + machine + `">` + template.HTMLEscapeString(text) + `</time>`)
}

// bytes writes a size in decimal units, as disks and networks are sold.
func (f formatter) bytes(n any) string {
	var size float64
	if _, err := fmt.Sscan(fmt.Sprint(n), &size); err != nil {
		return "—"
	}
	units := []string{"B", "kB", "MB", "GB", "TB", "PB"}
	i := 0
	for size >= 1000 && i < len(units)-1 {
		size, i = size/1000, i+1
	}
	digits := 0
	if i > 0 && size < 100 {
		digits = 1
	}
	return f.c.printers[f.lang].Sprint(number.Decimal(size, number.MaxFractionDigits(digits))) + "\u00a0" + units[i]
}

func (f formatter) percent(part, whole any) string {
	var p, w float64
	_, err := fmt.Sscan(fmt.Sprint(part)+" "+fmt.Sprint(whole), &p, &w)
	if err != nil || w == 0 || math.IsNaN(p/w) {
		return "—"
	}
	return f.c.printers[f.lang].Sprint(number.Percent(p/w, number.MaxFractionDigits(1)))
}

// described ties a field to its hints and to what is wrong with it.
func described(errs FieldErrors, name string, hints ...string) template.HTMLAttr {
	attr := ""
	if _, wrong := errs[name]; wrong {
		attr = `aria-invalid="true" `
		hints = append([]string{name + "-problem"}, hints...)
	}
	if len(hints) == 0 {
		return ""
	}
	return template.HTMLAttr(attr + `aria-describedby="` + template.HTMLEscapeString(strings.Join(hints, " ")) + `"`)
}

func (f formatter) problem(errs FieldErrors, name string) template.HTML {
	m, wrong := errs[name]
	if !wrong {
		return ""
	}
	return template.HTML(`<p class="problem" id="` + template.HTMLEscapeString(name) + `-problem">` +
		template.HTMLEscapeString(f.c.text(f.lang, m.Key, m.Args...)) + `</p>`)
}
