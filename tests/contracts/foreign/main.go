// Compile each schema with a validator in Go and validate its examples.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

func check(file string) error {
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile(file)
	if err != nil {
		return err
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var document struct {
		Examples []any `json:"examples"`
	}
	if err := json.Unmarshal(content, &document); err != nil {
		return err
	}
	for _, example := range document.Examples {
		if err := schema.Validate(example); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	files, _ := filepath.Glob(filepath.Join(os.Args[1], "*", "*.json"))
	failed := 0
	for _, file := range files {
		if err := check(file); err != nil {
			failed++
			fmt.Fprintf(os.Stderr, "%s: %v\n", file, err)
		}
	}
	fmt.Printf("%d schemas compiled\n", len(files)-failed)
	if failed > 0 || len(files) == 0 {
		os.Exit(1)
	}
}
