package page

import (
	"bytes"
	"html"
	"io"
	"strings"
)

// Node writes a piece of HTML. Nodes are made only by the functions of this package,
// so that text is escaped and elements nest whatever is put together.
//
// html/template would do that too, but it calls methods by name, and the
// linker then keeps every method of the AWS SDK: the status function's binary
// grows from 10.7 to 15.5 MB, over its limit.
type Node func(*bytes.Buffer)

// Attributes are pairs of name and value. Names are constants of the caller's code.
type Attributes []string

// Write writes a page at once, so that nothing is written of one that fails.
func Write(w io.Writer, n Node) error {
	var page bytes.Buffer
	n(&page)
	_, err := w.Write(page.Bytes())
	return err
}

// Text writes text, escaped. Our address in it stands by itself: amid text that runs
// from right to left it is still read from left to right.
func Text(s string) Node {
	isolated := `<bdi dir="ltr">` + Mailbox + `</bdi>`
	return raw(strings.ReplaceAll(html.EscapeString(s), Mailbox, isolated))
}

// Break ends a line within an element.
func Break() Node { return raw("<br>") }

// raw writes trusted text as it is, as the stylesheet, whose hash must hold.
func raw(s string) Node {
	return func(b *bytes.Buffer) { b.WriteString(s) }
}

// All writes one node after the other.
func All(nodes ...Node) Node {
	return func(b *bytes.Buffer) {
		for _, n := range nodes {
			n(b)
		}
	}
}

// Each makes a node of every item.
func Each[T any](items []T, make func(T) Node) Node {
	nodes := []Node{}
	for _, item := range items {
		nodes = append(nodes, make(item))
	}
	return All(nodes...)
}

// When makes the node only if there is something to show.
func When(condition bool, make func() Node) Node {
	if !condition {
		return All()
	}
	return make()
}

// Inline writes an element amid text.
func Inline(name string, a Attributes, children ...Node) Node {
	return func(b *bytes.Buffer) {
		open(b, name, a)
		All(children...)(b)
		b.WriteString("</" + name + ">")
	}
}

// Line writes an element on a line of its own.
func Line(name string, a Attributes, children ...Node) Node {
	return All(Inline(name, a, children...), raw("\n"))
}

// Block writes an element whose children stand on lines of their own.
func Block(name string, a Attributes, children ...Node) Node {
	return Line(name, a, raw("\n"), All(children...))
}

// Void writes an element that has no content and no end, on its own line.
func Void(name string, a Attributes) Node {
	return func(b *bytes.Buffer) {
		open(b, name, a)
		b.WriteString("\n")
	}
}

func open(b *bytes.Buffer, name string, a Attributes) {
	b.WriteString("<" + name)
	for i := 0; i+1 < len(a); i += 2 {
		b.WriteString(" " + a[i] + `="` + html.EscapeString(a[i+1]) + `"`)
	}
	b.WriteString(">")
}
