//go:build !race

package mailroom_test

const raced = false
