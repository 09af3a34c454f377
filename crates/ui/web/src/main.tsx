import "./styles/tokens.css";
import "./styles/base.css";
import { render } from "preact";
import { Shell } from "./app/shell";

const root = document.getElementById("app");
if (root) render(<Shell />, root);
