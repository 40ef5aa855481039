/** An order as the thank-you page shows it; it lives for this document and goes nowhere. */
export interface Order { number: string; name: string; email: string }

let last: Order | undefined

export const lastOrder = (): Order | undefined => last

export function placeOrder(name: string, email: string): void {
  last = { number: `BR-${10000 + Math.floor(Math.random() * 89999)}`, name, email }
}
