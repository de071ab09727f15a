//go:build !race

package inbound_test

const raced = false
