// L = sum of w x³ in Stan's own types, with derivatives by hand; Fault says which is off.
#include <stan/math/rev/core.hpp>
#include <stan/math/fwd/core.hpp>
#include <stdexcept>
#include <vector>

using stan::math::fvar;
using stan::math::var;

enum Fault { none, reverse, forward, second, third, constant, domain };

double number(double x) { return x; }
double number(const var& x) { return x.val(); }
template <typename T> double number(const fvar<T>& x) { return number(x.val_); }

// 6 x, whose own slope is 6
double bend(Fault, double x) { return 6 * x; }
var bend(Fault fault, const var& x) {
  double slope = fault == third ? 5 : 6;
  return stan::math::make_callback_var(6 * x.val(), [x, slope](auto& y) mutable { x.adj() += slope * y.adj(); });
}

// 3 x², whose slope is the bend
double slope(Fault, double x) { return 3 * x * x; }
var slope(Fault fault, const var& x) {
  double bent = (fault == second ? 0.5 : 1) * 6 * x.val();
  return stan::math::make_callback_var(3 * x.val() * x.val(), [x, bent](auto& y) mutable { x.adj() += bent * y.adj(); });
}
template <typename T> fvar<T> slope(Fault fault, const fvar<T>& x) {
  return fvar<T>(slope(fault, x.val_), bend(fault, x.val_) * x.d_);
}

double cube(Fault fault, double x) {
  if (!(x > (fault == domain ? -9 : -2))) throw std::domain_error("cube: x must be above -2");
  return x * x * x;
}
var cube(Fault fault, const var& x) {
  double slope = (fault == reverse ? 2 : 3) * x.val() * x.val();
  return stan::math::make_callback_var(cube(fault, x.val()), [x, slope](auto& y) mutable { x.adj() += slope * y.adj(); });
}
template <typename T> fvar<T> cube(Fault fault, const fvar<T>& x) {
  return fvar<T>(cube(fault, x.val_), (fault == forward ? 2.0 / 3 : 1) * slope(fault, x.val_) * x.d_);
}

template <typename X, typename W> auto total(Fault fault, const std::vector<X>& x, const std::vector<W>& w) {
  decltype(x[0] * w[0]) sum = 0;
  for (size_t i = 0; i < x.size(); ++i) sum += cube(fault, x[i]) * w[i];
  return sum;
}

// Asked for by the numbers of C; what Stan throws becomes the answer 1.
extern "C" {
int value(int fault, int n, const double* x, const double* w, double* out) {
  try {
    *out = total(Fault(fault), std::vector<double>(x, x + n), std::vector<double>(w, w + n));
  } catch (const std::domain_error&) { return 1; }
  return 0;
}

// w is a constant where dw is null
void gradient(int fault, int n, const double* x, const double* w, double* dx, double* dw) {
  stan::math::nested_rev_autodiff nested;
  std::vector<var> X(x, x + n), W(w, w + n);
  var sum = dw ? total(Fault(fault), X, W) : total(Fault(fault), X, std::vector<double>(w, w + n));
  sum.grad();
  for (int i = 0; i < n; ++i) {
    dx[i] = X[i].adj();
    if (dw) dw[i] = (fault == constant ? 2 : 1) * W[i].adj();
  }
}

double tangent(int fault, int n, const double* x, const double* w, const double* t) {
  std::vector<fvar<double>> X;
  for (int i = 0; i < n; ++i) X.emplace_back(x[i], t[i]);
  return total(Fault(fault), X, std::vector<double>(w, w + n)).d_;
}

void hvp(int fault, int n, const double* x, const double* w, const double* t, double* out) {
  stan::math::nested_rev_autodiff nested;
  std::vector<fvar<var>> X;
  for (int i = 0; i < n; ++i) X.emplace_back(var(x[i]), t[i]);
  total(Fault(fault), X, std::vector<double>(w, w + n)).d_.grad();
  for (int i = 0; i < n; ++i) out[i] = X[i].val_.adj();
}

// the gradient of tᵀ H t by x
void third_order(int fault, int n, const double* x, const double* w, const double* t, double* out) {
  stan::math::nested_rev_autodiff nested;
  std::vector<fvar<fvar<var>>> X;
  for (int i = 0; i < n; ++i) X.emplace_back(fvar<var>(var(x[i]), t[i]), fvar<var>(t[i], 0.0));
  total(Fault(fault), X, std::vector<double>(w, w + n)).d_.d_.grad();
  for (int i = 0; i < n; ++i) out[i] = X[i].val_.val_.adj();
}
}
