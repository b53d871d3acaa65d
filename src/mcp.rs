//! The only face to the MCP server SDK: line reader, eras, list, call, asking.
