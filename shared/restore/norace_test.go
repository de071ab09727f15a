//go:build !race

package restore_test

const raced = false
