package page

import "strings"

// Form is a form that a button sends, without a script.
type Form struct {
	Action   string // "" is the page's own address
	Language Language
	Problem  string // what was wrong with what was sent before
	Fields   []Field
	Button   string
}

// Field is one line to type into.
type Field struct {
	Name, Label, Hint string
	Kind              string     // type of the input
	More              Attributes // of the input
}

// Layout lays the form out. It carries its language, so that the answer has it too.
func (f Form) Layout() Node {
	a := Attributes{"method", "post"}
	if f.Action != "" {
		a = append(a, "action", f.Action)
	}
	return Block("form", a,
		Void("input", Attributes{"type", "hidden", "name", "lang", "value", string(f.Language)}),
		When(f.Problem != "", func() Node {
			return Line("p", Attributes{"class", "problem", "id", "problem", "role", "alert"}, Text(f.Problem))
		}),
		Each(f.Fields, f.field),
		Line("p", nil, Inline("button", Attributes{"type", "submit", "class", "button"}, Text(f.Button))))
}

func (f Form) field(field Field) Node {
	return Block("div", Attributes{"class", "field"},
		Line("label", Attributes{"for", field.Name}, Text(field.Label)),
		When(field.Hint != "", func() Node {
			return Line("p", Attributes{"class", "hint", "id", field.Name + "-hint"}, Text(field.Hint))
		}),
		f.input(field))
}

// input says in its description what it wants, and what was wrong.
func (f Form) input(field Field) Node {
	a := Attributes{"id", field.Name, "name", field.Name, "type", field.Kind}
	var described []string
	if f.Problem != "" {
		described, a = append(described, "problem"), append(a, "aria-invalid", "true")
	}
	if field.Hint != "" {
		described = append(described, field.Name+"-hint")
	}
	if len(described) > 0 {
		a = append(a, "aria-describedby", strings.Join(described, " "))
	}
	return Void("input", append(a, field.More...))
}
