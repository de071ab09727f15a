package statuspage

import (
	"bytes"
	"html"
)

// node writes a piece of HTML. Nodes are made only by the functions below, so
// that text is escaped and elements nest whatever is put together.
//
// html/template would do that too, but it calls methods by name, and the
// linker then keeps every method of the AWS SDK: the status function's binary
// grows from 10.7 to 15.5 MB, over its limit.
type node func(*bytes.Buffer)

// attributes are pairs of name and value. Names are constants of this package.
type attributes []string

func text(s string) node {
	return func(b *bytes.Buffer) { b.WriteString(html.EscapeString(s)) }
}

// raw writes trusted text as it is: the stylesheet, whose hash must hold.
func raw(s string) node {
	return func(b *bytes.Buffer) { b.WriteString(s) }
}

func all(nodes ...node) node {
	return func(b *bytes.Buffer) {
		for _, n := range nodes {
			n(b)
		}
	}
}

// each makes a node of every item.
func each[T any](items []T, make func(T) node) node {
	nodes := []node{}
	for _, item := range items {
		nodes = append(nodes, make(item))
	}
	return all(nodes...)
}

// when gives the node only if there is something to show.
func when(condition bool, make func() node) node {
	if !condition {
		return all()
	}
	return make()
}

// inline writes an element amid text.
func inline(name string, a attributes, children ...node) node {
	return func(b *bytes.Buffer) {
		open(b, name, a)
		all(children...)(b)
		b.WriteString("</" + name + ">")
	}
}

// line writes an element on a line of its own.
func line(name string, a attributes, children ...node) node {
	return all(inline(name, a, children...), raw("\n"))
}

// block writes an element whose children stand on lines of their own.
func block(name string, a attributes, children ...node) node {
	return line(name, a, raw("\n"), all(children...))
}

// void writes an element that has no content and no end, on its own line.
func void(name string, a attributes) node {
	return func(b *bytes.Buffer) {
		open(b, name, a)
		b.WriteString("\n")
	}
}

func open(b *bytes.Buffer, name string, a attributes) {
	b.WriteString("<" + name)
	for i := 0; i+1 < len(a); i += 2 {
		b.WriteString(" " + a[i] + `="` + html.EscapeString(a[i+1]) + `"`)
	}
	b.WriteString(">")
}
